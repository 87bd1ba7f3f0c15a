/// What a text that people typed may hold. Lengths are counted in Unicode scalars, as JSON Schema counts them.
enum PlainText {
    /// Whether it is one line: not blank, not too long, with no control characters.
    static func isLine(_ text: String, upTo limit: Int) -> Bool {
        isText(text, upTo: limit) { !breaks.contains($0.properties.generalCategory) }
    }

    /// The same, of a text that may have several lines, each ended by a line feed.
    static func isParagraphs(_ text: String, upTo limit: Int) -> Bool {
        isText(text, upTo: limit) { $0 == "\n" || !breaks.contains($0.properties.generalCategory) }
    }

    private static let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]

    private static func isText(
        _ text: String, upTo limit: Int, allowing isAllowed: (Unicode.Scalar) -> Bool
    ) -> Bool {
        let scalars = text.unicodeScalars
        // A scalar is at most four bytes: the bytes are counted already, the scalars have to be walked over.
        guard text.utf8.count <= 4 * limit, scalars.count <= limit else { return false }
        return scalars.contains { !$0.properties.isWhitespace } && scalars.allSatisfy(isAllowed)
    }
}
