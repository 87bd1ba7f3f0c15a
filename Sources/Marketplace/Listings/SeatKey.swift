// The whole Foundation, because FoundationEssentials can't compose characters.
import Foundation

/// The identity of a seat within a performance. Spellings of a place that look alike give the same key, unless they
/// contain letters of different alphabets.
///
/// The key depends only on section, row and name. They are written in lower case, in their plain spelling, with single
/// blanks between words, without blanks around hyphens, and without leading zeros in numbers.
public struct SeatKey: Hashable, Sendable {
    public let text: String

    public init(section: String, row: String, name: String) {
        self = Self.keys(section: section, row: row, names: [name])[0]
    }

    /// The keys of several seats of a row. The section and the row, which may be long, are folded once.
    public static func keys(section: String, row: String, names: [String]) -> [SeatKey] {
        let place = [section, row, ""].map(folded).joined(separator: separator)
        return names.map { SeatKey(stored: place + folded($0)) }
    }

    /// False for a section or a row whose key would be many times as long. New listings with seats can't have it.
    public static func mayBePlace(_ text: String) -> Bool { !text.hasPhraseLigature }

    /// A key that was stored.
    public init(stored text: String) { self.text = text }

    /// ASCII's unit separator. Sections, rows and names have no control characters.
    private static let separator = "\u{1f}"

    /// The common spelling of all texts that mean the same.
    static func folded(_ text: String) -> String {
        if let folded = foldedASCII(text) { return folded }
        // Some characters become plain letters only in the compatibility form, so the text is lowercased afterwards.
        let plain = text.plainSpelling.lowercased().precomposedStringWithCanonicalMapping
        let parts = plain.split(separator: "-", omittingEmptySubsequences: false).map { part in
            part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return withoutLeadingZeros(Array(parts.joined(separator: "-").utf8))
    }

    /// The same for a text that is ASCII, without the tables of Unicode. Nil for any other text.
    private static func foldedASCII(_ text: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var isAfterSpace = false
        for byte in text.utf8 {
            guard byte < 0x80 else { return nil }
            if byte == UInt8(ascii: " ") || 0x09...0x0d ~= byte {
                isAfterSpace = true
                continue
            }
            let hyphen = UInt8(ascii: "-")
            if isAfterSpace, byte != hyphen, let last = bytes.last, last != hyphen { bytes.append(UInt8(ascii: " ")) }
            isAfterSpace = false
            bytes.append(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte)
        }
        return withoutLeadingZeros(bytes)
    }

    /// The text with `007` replaced by `7`, and `00` by `0`.
    private static func withoutLeadingZeros(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var isInNumber = false
        for (index, byte) in bytes.enumerated() {
            let isLeadingZero = byte == UInt8(ascii: "0") && !isInNumber
            let hasNext = index + 1 < bytes.count && isDigit(bytes[index + 1])
            if isLeadingZero, hasNext { continue }
            isInNumber = isDigit(byte)
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension SeatKey: Comparable {
    /// Compares the bytes. All transactions write rows in this order.
    public static func < (one: SeatKey, other: SeatKey) -> Bool {
        one.text.utf8.lexicographicallyPrecedes(other.text.utf8)
    }
}
