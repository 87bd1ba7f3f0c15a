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
        text = [section, row, name].map(Self.folded).joined(separator: Self.separator)
    }

    /// A key that was stored.
    public init(stored text: String) { self.text = text }

    /// ASCII's unit separator. Sections, rows and names have no control characters.
    private static let separator = "\u{1f}"

    /// The common spelling of all texts that mean the same.
    static func folded(_ text: String) -> String {
        // Some characters become plain letters only in the compatibility form, so the text is lowercased afterwards.
        let plain = text.plainSpelling.lowercased().precomposedStringWithCanonicalMapping
        let parts = plain.split(separator: "-", omittingEmptySubsequences: false).map { part in
            part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return withoutLeadingZeros(parts.joined(separator: "-"))
    }

    /// The text with `007` replaced by `7`, and `00` by `0`.
    private static func withoutLeadingZeros(_ text: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        var isInNumber = false
        let bytes = Array(text.utf8)
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
