/// Validation of text that people type. Lengths are counted in Unicode scalars, as in JSON Schema.
enum PlainText {
    /// True if the text is one line that is not blank, not too long and has no control characters.
    static func isLine(_ text: String, upTo limit: Int) -> Bool {
        isText(text, upTo: limit) { !breaks.contains($0.properties.generalCategory) }
    }

    /// True if the text is valid in the same way, except that it may have several lines, separated by line feeds.
    static func isParagraphs(_ text: String, upTo limit: Int) -> Bool {
        isText(text, upTo: limit) { $0 == "\n" || !breaks.contains($0.properties.generalCategory) }
    }

    private static let breaks: Set<Unicode.GeneralCategory> = [.control, .lineSeparator, .paragraphSeparator]

    private static func isText(
        _ text: String, upTo limit: Int, allowing isAllowed: (Unicode.Scalar) -> Bool
    ) -> Bool {
        let scalars = text.unicodeScalars
        // A scalar has at most four bytes. The byte count is O(1) and comes first, because the scalar count is O(n).
        guard text.utf8.count <= 4 * limit, scalars.count <= limit else { return false }
        return scalars.contains(where: \.isVisible) && scalars.allSatisfy(isAllowed)
    }
}

extension Unicode.Scalar {
    /// True if the character alone is visible. These characters are not: white space, controls, combining marks,
    /// unassigned characters, characters for private use, and those that browsers do not show
    /// (Default_Ignorable_Code_Point, such as a zero-width space or a Hangul filler).
    public var isVisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .nonspacingMark, .enclosingMark, .spacingMark, .lineSeparator, .paragraphSeparator,
            .surrogate, .privateUse, .unassigned:
            return false
        default:
            // U+2800, the blank Braille pattern, is a symbol by its category, but has no dot.
            return !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint && value != 0x2800
        }
    }
}
