import Foundation
import Marketplace

/// The way that a region writes prices in a currency: the symbol, the separators and the groups of digits.
///
/// It is learned from an example that ICU has formatted. ICU takes some 10 µs for each price, and most prices of a list
/// of offers are different, so that a cache of formatted prices does not help.
struct PriceFormat: Sendable {
    private let prefix: String
    private let suffix: String
    private let decimalSeparator: String
    private let groupSeparator: String
    /// The length of the group before the decimal separator: 3, except without groups.
    private let lastGroup: Int
    /// The length of the other groups: 2 in India (`12,34,567.00`), otherwise 3.
    private let otherGroups: Int
    /// The smallest number of digits that is written in groups: 5 where `1234` has no separator, otherwise 4. Bulgaria
    /// writes no groups.
    private let groupedDigits: Int

    /// - Parameter fractionDigits: The number of digits after the decimal separator.
    /// - Returns: `nil` if the example has another structure, such as other digits than `0` to `9`.
    init?(locale: String, _ currency: Currency, fractionDigits: Int) {
        let example = Self.formatted(1_234_567, locale: locale, currency, fractionDigits: fractionDigits)
        let short = Self.formatted(1_234, locale: locale, currency, fractionDigits: fractionDigits)
        // Alternates between other characters and digits, and begins and ends with other characters.
        var parts = [""]
        for scalar in example.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit == parts.count.isMultiple(of: 2) {
                parts[parts.count - 1].unicodeScalars.append(scalar)
            } else {
                parts.append(String(scalar))
            }
        }
        if parts.count.isMultiple(of: 2) { parts.append("") }
        let digits = stride(from: 1, to: parts.count, by: 2).map { parts[$0] }
        let whole = fractionDigits == 0 ? digits : digits.dropLast()
        let zeros = String(repeating: "0", count: fractionDigits)
        guard whole.joined() == "1234567", fractionDigits == 0 || digits.last == zeros,
            whole.dropFirst().dropLast().allSatisfy({ $0.utf8.count == whole[1].utf8.count }),
            (0..<(whole.count - 1)).allSatisfy({ parts[2 * $0 + 2] == parts[2] })
        else { return nil }
        let separator = whole.count > 1 ? parts[2] : ""
        let isShortGrouped = !short.contains("1234")
        if isShortGrouped, !short.contains("1\(separator)234") { return nil }
        prefix = parts[0]
        suffix = parts[parts.count - 1]
        groupSeparator = separator
        decimalSeparator = fractionDigits == 0 ? "" : parts[parts.count - 3]
        lastGroup = whole[whole.count - 1].utf8.count
        otherGroups = whole.count > 2 ? whole[1].utf8.count : lastGroup
        groupedDigits = whole.count == 1 ? .max : isShortGrouped ? 4 : 5
    }

    /// - Parameter minorUnits: Not negative, and written with the fraction digits of this format.
    func text(_ minorUnits: Int64, _ currency: Currency) -> String {
        let parts = currency.decimal(minorUnits).utf8.split(separator: UInt8(ascii: "."))
        let whole = parts[0]
        var text = prefix
        for (index, digit) in whole.enumerated() {
            let left = whole.count - index
            if index > 0, whole.count >= groupedDigits, left >= lastGroup, (left - lastGroup) % otherGroups == 0 {
                text += groupSeparator
            }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        if parts.count > 1 {
            text += decimalSeparator
            text += Substring(parts[1])
        }
        return text + suffix
    }

    /// The amount in the format of ICU.
    ///
    /// The number of decimals comes from the table of currencies. CLDR's data has no decimals for currencies such as
    /// ALL, so the amount would be rounded.
    static func formatted(
        _ amount: Decimal, locale: String, _ currency: Currency, fractionDigits: Int
    ) -> String {
        amount.formatted(
            .currency(code: currency.rawValue).precision(.fractionLength(fractionDigits))
                .locale(Locale(identifier: locale)))
    }
}
