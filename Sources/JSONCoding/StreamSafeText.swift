/// The Stream-Safe Text Format of Unicode Standard Annex #15, section 13: at most 30 combining characters in a row.
///
/// Swift compares and hashes strings by canonical equivalence. For a run of combining characters, that sorts the run,
/// and takes a time that grows with the square of its length: seconds for a text of 60 kB. So texts from outside are
/// checked before anything compares them. No language needs more than a few combining characters in a row.
public enum StreamSafeText {
    /// Maximum number of combining characters in a row.
    public static let limit = 30
    /// A noun phrase that names what a refused text has.
    public static let excess = "more than \(limit) combining characters in a row"

    /// True if the text has at most ``limit`` combining characters in a row.
    public static func isSafe(_ text: some StringProtocol) -> Bool {
        // Each combining character has at least two bytes.
        let isShort = text.utf8.count <= 2 * limit
        if isShort || text.isASCII { return true }
        var run = 0
        for scalar in text.unicodeScalars {
            run = isCombining(scalar) ? run + 1 : 0
            if run > limit { return false }
        }
        return true
    }

    /// The text without the combining characters that exceed the limit.
    public static func limited(_ text: String) -> String {
        guard !isSafe(text) else { return text }
        var scalars = String.UnicodeScalarView()
        var run = 0
        for scalar in text.unicodeScalars {
            run = isCombining(scalar) ? run + 1 : 0
            if run <= limit { scalars.append(scalar) }
        }
        return String(scalars)
    }

    /// The same for UTF-8. Other bytes stay as they are.
    public static func limited(_ text: [UInt8]) -> [UInt8] {
        guard let string = String(validating: text, as: UTF8.self), !isSafe(string) else { return text }
        return Array(limited(string).utf8)
    }

    /// True for a character with a combining class, and for the few others whose decomposition begins with one.
    static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x300: false
        case 0xf73, 0xf75, 0xf81, 0xff9e, 0xff9f: true
        default: scalar.properties.canonicalCombiningClass != .notReordered
        }
    }
}

extension StringProtocol {
    fileprivate var isASCII: Bool {
        utf8.withContiguousStorageIfAvailable { bytes in unsafe bytes.allSatisfy { $0 < 0x80 } }
            ?? utf8.allSatisfy { $0 < 0x80 }
    }
}
