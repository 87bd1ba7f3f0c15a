import Foundation
import Marketplace

/// Reads an amount that a person typed, without rounding: `19.99`, `1.234,50`, `1,234.50`, `1'234.50`, `€20`, `20 EUR`,
/// `20,-`.
///
/// The marks between the digits usually show which of them separates the decimals. A single mark before exactly three
/// digits does not show this: `1.234` is read in the notation of the visitor's region, and refused if that makes no
/// sense.
struct TypedAmount {
    enum Fault: Error, Hashable {
        case unreadable
        /// A single mark before three digits. The visitor's region uses the mark for decimals, but the currency does
        /// not have three decimals.
        case ambiguous
        /// The sign or code of a different currency.
        case otherCurrency
    }

    /// The separators that a region uses before decimals and between thousands.
    struct Separators: Hashable, Sendable {
        var decimal: Character = "."
        var grouping: Character = ","
    }

    private enum Mark { case point, comma, decimal, gap }

    private let currency: Currency
    private let separators: Separators

    /// Returns the amount in minor units.
    static func minorUnits(
        of text: String, in currency: Currency, separators: Separators = Separators()
    ) throws(Fault) -> Int64 {
        try TypedAmount(currency: currency, separators: separators).read(text)
    }

    private func read(_ text: String) throws(Fault) -> Int64 {
        // No valid amount is longer than this, even with its sign. The limit keeps the parsing time short.
        guard text.utf8.count <= 64 else { throw .unreadable }
        let (groups, marks) = try parts(of: try number(in: text))
        let decimalMark = try decimalMark(groups, marks)
        let whole = decimalMark == nil ? groups[...] : groups.dropLast()
        guard whole.count == 1 || Self.isGrouped(whole) else { throw .unreadable }
        var fraction = decimalMark == nil ? "" : groups.last ?? ""
        if currency.minorDigits == 0, fraction.allSatisfy({ $0 == "0" }) { fraction = "" }
        guard fraction.count <= currency.minorDigits else { throw .unreadable }
        let padding = String(repeating: "0", count: currency.minorDigits - fraction.count)
        guard let amount = Int64(whole.joined() + fraction + padding) else { throw .unreadable }
        return amount
    }

    /// The text without the currency's sign or code.
    private func number(in text: String) throws(Fault) -> Substring {
        guard var start = text.firstIndex(where: Self.isDigit), let end = text.lastIndex(where: Self.isDigit) else {
            throw .unreadable
        }
        // A mark right before the first digit belongs to the number, as in `€.50`, unless it ends an abbreviation, as
        // in `kr.20`.
        if start > text.startIndex {
            let mark = text.index(before: start)
            let isAbbreviation = mark > text.startIndex && text[text.index(before: mark)].isLetter
            if ".,".contains(text[mark]), !isAbbreviation { start = mark }
        }
        var after = text[text.index(after: end)...]
        for ending in [",-", ".-", ",–", ".–", ",—", ".—"] where after.hasPrefix(ending) { after = after.dropFirst(2) }
        for sign in [text[..<start], after] {
            let sign = CurrencySigns.normalized(sign)
            guard sign.isEmpty || CurrencySigns.signs(of: currency).contains(sign) else {
                throw CurrencySigns.isKnown(sign) ? .otherCurrency : .unreadable
            }
        }
        return text[start...end]
    }

    private func parts(of number: Substring) throws(Fault) -> (groups: [String], marks: [Mark]) {
        var groups = [""]
        var marks: [Mark] = []
        for character in number {
            if let digit = character.wholeNumberValue, Self.isDigit(character) {
                groups[groups.count - 1] += String(digit)
                continue
            }
            switch character {
            case ".": marks.append(.point)
            case ",": marks.append(.comma)
            case "٫": marks.append(.decimal)
            case "'", "’", " ", "\u{a0}", "\u{202f}", "\u{2009}", "٬": marks.append(.gap)
            default: throw .unreadable
            }
            groups.append("")
        }
        return (groups, marks)
    }

    /// The mark before the decimals, or nil if there are none.
    private func decimalMark(_ groups: [String], _ marks: [Mark]) throws(Fault) -> Mark? {
        guard let last = marks.last, last != .gap else { return nil }
        let points = marks.filter { $0 == .point }.count
        let commas = marks.filter { $0 == .comma }.count
        if last == .decimal || points > 0 && commas > 0 {
            guard marks.filter({ $0 == last }).count == 1 else { throw .unreadable }
            return last
        }
        if points + commas > 1 { return nil }
        guard marks.count == 1, let digits = groups.last, digits.count == 3, (1...3).contains(groups[0].count),
            groups[0].first != "0"
        else { return last }
        let isRegionsDecimal = separators.decimal == (last == .point ? "." : ",")
        guard isRegionsDecimal else { return nil }
        guard currency.minorDigits == 3 else { throw .ambiguous }
        return last
    }

    /// True for groups of three digits. The groups before the last one may have two digits, for example in India.
    private static func isGrouped(_ groups: ArraySlice<String>) -> Bool {
        guard let first = groups.first, let last = groups.last else { return false }
        return (1...3).contains(first.count) && last.count == 3
            && groups.dropFirst().dropLast().allSatisfy { (2...3).contains($0.count) }
    }

    private static func isDigit(_ character: Character) -> Bool {
        character.unicodeScalars.count == 1
            && character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .decimalNumber }
    }
}
