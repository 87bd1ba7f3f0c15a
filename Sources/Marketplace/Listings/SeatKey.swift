// The whole Foundation, because FoundationEssentials can't compose characters.
import Foundation

/// The identity of a seat within a performance. All spellings of a place that look alike give the same key, but for
/// letters of another alphabet.
///
/// The key depends only on section, row and name. They are written in lower case, in compatibility form (NFKC), without
/// invisible characters, with digits of ASCII, with single blanks between words, and without leading zeros of numbers.
public struct SeatKey: Hashable, Sendable {
    public let text: String

    public init(section: String, row: String, name: String) {
        text = [section, row, name].map(Self.folded).joined(separator: Self.separator)
    }

    /// A key that was stored.
    public init(stored text: String) { self.text = text }

    /// The unit separator of ASCII. Sections, rows and names have no control characters.
    private static let separator = "\u{1f}"

    /// The common spelling of all texts that mean the same.
    static func folded(_ text: String) -> String {
        let words = plain(text).split(whereSeparator: \.isWhitespace)
        return withoutLeadingZeros(words.joined(separator: " "))
    }

    /// The text in lower case and compatibility form, without invisible characters, and with digits of ASCII. Some
    /// letters get their plain form only in the compatibility form, so lower case comes after it.
    private static func plain(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars {
            let properties = scalar.properties
            if properties.isDefaultIgnorableCodePoint { continue }
            let digit = properties.generalCategory == .decimalNumber ? properties.numericValue.map { Int($0) } : nil
            if let digit { scalars.append(contentsOf: String(digit).unicodeScalars) } else { scalars.append(scalar) }
        }
        return String(scalars).lowercased().precomposedStringWithCanonicalMapping
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
