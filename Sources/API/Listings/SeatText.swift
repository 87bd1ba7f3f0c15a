import Marketplace

/// Reads the seats that a person types, and writes seats as text for pages.
enum SeatText {
    /// The names in a text like `11, 12, 13`, `11-14` or `1, 3-9`, or nil if the text is too long or names too many.
    ///
    /// A range counts in ones, or in twos if its first number is two away from the name before it: `1, 3-9` is 1, 3, 5,
    /// 7, 9.
    static func names(_ text: String) -> [String]? {
        guard text.utf8.count <= 4 * limit else { return nil }
        let parts = text.split { $0 == "," || $0 == ";" || $0.isNewline }.flatMap(Self.parts)
        var names: [String] = []
        for part in parts {
            if let range = NumberedRange(part) {
                let before = names.last.flatMap { NumberedRange.number(of: $0, after: range.prefix) }
                guard let seats = range.names(after: before) else { return nil }
                names += seats
            } else {
                names.append(part)
            }
            guard names.count <= Seat.limit else { return nil }
        }
        return names
    }

    /// Spaces separate names. Spaces around the dash of a range, as in `11 - 14`, are ignored.
    private static func parts(_ text: Substring) -> [String] {
        var parts = String.UnicodeScalarView()
        var isAfterSpace = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                isAfterSpace = true
                continue
            }
            let isDash = scalar == "-" || scalar == "–"
            if isAfterSpace, !isDash, parts.last != "-" { parts.append(" ") }
            parts.append(isDash ? "-" : scalar)
            isAfterSpace = false
        }
        return parts.split(separator: " ").map(String.init)
    }

    /// The seats as the form's field shows them: `11, 12, 13`.
    static func typed(_ names: [String]) -> String { names.joined(separator: ", ") }

    /// Seats in words: `seat 11`, `seats 11–14`, `seats 11, 13`.
    static func of(_ names: [String]) -> String {
        guard names.count > 1 else { return "seat \(names.first ?? "")" }
        return "seats \(list(names))"
    }

    /// The seats of one order in words: `seats 11–12 together`.
    static func together(_ names: [String]) -> String { names.count > 1 ? "\(of(names)) together" : of(names) }

    /// Returns a range such as `11–14` if the numbers of neighbours differ by one, and otherwise all names.
    static func list(_ names: [String]) -> String {
        let numbers = names.compactMap { Int($0) }
        let isRange =
            numbers.count == names.count
            && zip(numbers, numbers.dropFirst()).allSatisfy { abs($1 - $0) == 1 && $1 - $0 == numbers[1] - numbers[0] }
        guard isRange, let first = names.first, let last = names.last, names.count > 1 else {
            return names.joined(separator: ", ")
        }
        return "\(first)–\(last)"
    }

    /// Maximum length of the field's text.
    static let limit = 800
}

/// A range of numbers with the same letters before them: `11-14`, `A1-A4`.
private struct NumberedRange {
    let prefix: String
    let first: Int
    let last: Int
    /// The number of digits, if the numbers have leading zeros.
    let width: Int

    init?(_ text: String) {
        let sides = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard sides.count == 2, let start = Self.side(Substring(sides[0])), let end = Self.side(Substring(sides[1])),
            end.letters.isEmpty || end.letters.lowercased() == start.letters.lowercased()
        else { return nil }
        (prefix, first, last) = (String(start.letters), start.number, end.number)
        width = start.digits.utf8.first == UInt8(ascii: "0") ? start.digits.utf8.count : 0
    }

    /// Up to six letters, and then one to six digits.
    private static func side(_ text: Substring) -> (letters: Substring, digits: Substring, number: Int)? {
        let letters = text.unicodeScalars.prefix { $0.properties.isAlphabetic }
        let digits = text.unicodeScalars[letters.endIndex...]
        guard letters.count <= 6, (1...6).contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
            let number = Int(Substring(digits))
        else { return nil }
        return (Substring(letters), Substring(digits), number)
    }

    /// The number in a typed name, or nil if the name can't continue as a range: the numbers of ranges have up to six
    /// digits.
    static func number(of name: String, after prefix: String) -> Int? {
        guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)), (0...999_999).contains(number)
        else { return nil }
        return number
    }

    /// The seats of the range, or nil if there are too many.
    func names(after before: Int?) -> [String]? {
        let isUp = last >= first
        let steps = before.map { abs(first - $0) == 2 && (first > $0) == isUp } ?? false ? 2 : 1
        guard abs(last - first) / steps < Seat.limit else { return nil }
        return stride(from: first, through: last, by: isUp ? steps : -steps).map { number in
            let digits = String(number)
            return prefix + String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
    }
}
