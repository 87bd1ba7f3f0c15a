/// The rules for the names of a listing's seats.
public enum SeatNames {
    /// The refusal of the names, or nil if they are the seats of one row, next to each other.
    public static func refusal(of names: [String]) -> Refusal? {
        guard (1...Seat.limit).contains(names.count) else {
            return Refusal(.invalid, "Name 1 to \(Seat.limit) seats.", field: "seats")
        }
        guard names.allSatisfy(isName) else {
            return Refusal(
                .invalid, "A seat has 1 to \(Seat.nameLimit) letters, digits and hyphens, such as 12 or B-7.",
                field: "seats")
        }
        guard Set(names.map(SeatKey.folded)).count == names.count else {
            return Refusal(.invalid, "Name each seat once.", field: "seats")
        }
        guard areNeighbours(names) else {
            return Refusal(.seatsNotTogether, notTogether, field: "seats")
        }
        return nil
    }

    static let notTogether = "Seats must be next to each other. List the others separately."

    /// `Seat 12 is`, `Seats 12, 13 and 14 are`.
    static func list(_ names: [String], verb: (one: String, many: String) = ("is", "are")) -> String {
        guard let last = names.last, names.count > 1 else { return "Seat \(names.first ?? "") \(verb.one)" }
        return "Seats \(names.dropLast().joined(separator: ", ")) and \(last) \(verb.many)"
    }

    /// True for 1 to 10 letters, digits and hyphens. Letters may have marks.
    public static func isName(_ text: String) -> Bool {
        guard (1...Seat.nameLimit).contains(text.unicodeScalars.count) else { return false }
        var mayHaveMark = false
        for scalar in text.unicodeScalars {
            guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
                mayHaveMark = true
            case .nonspacingMark where mayHaveMark: break
            case .decimalNumber: mayHaveMark = false
            case _ where scalar == "-": mayHaveMark = false
            default: return false
            }
        }
        return true
    }

    /// True if the seats are neighbours by their names, in the order of the row: numbers in steps of one, or in steps
    /// of two where a row has its odd seats on one side, or single letters. Both directions count.
    static func areNeighbours(_ names: [String]) -> Bool {
        let parts = names.map(SeatKey.folded).map(SeatNumber.init(_:))
        guard let first = parts.first, parts.count > 1 else { return true }
        let numbers = parts.compactMap(\.number)
        guard parts.allSatisfy({ $0.isOfSameKind(as: first) }), numbers.count == parts.count else { return false }
        let step = numbers[1] - numbers[0]
        guard (first.isLetter ? [1, -1] : [1, -1, 2, -2]).contains(step) else { return false }
        return zip(numbers, numbers.dropFirst()).allSatisfy { $1 - $0 == step }
    }
}

/// The folded name of a seat, split at its last number: `a-12` is 12 after `a-`.
private struct SeatNumber {
    var prefix: Substring
    var suffix: Substring
    /// The number, or nil if the name has none and is not a single letter.
    var number: Int?
    /// True if the name is a single letter, whose place in the alphabet is the number.
    var isLetter = false

    init(_ name: String) {
        if let last = name.lastIndex(where: \.isDigit) {
            let start = name[...last].lastIndex { !$0.isDigit }.map(name.index(after:)) ?? name.startIndex
            prefix = name[..<start]
            suffix = name[name.index(after: last)...]
            number = Int(name[start...last])
        } else {
            prefix = name[...]
            suffix = ""
            if name.utf8.count == 1, let letter = name.utf8.first, letter != UInt8(ascii: "-") {
                prefix = ""
                number = Int(letter)
                isLetter = true
            }
        }
    }

    func isOfSameKind(as other: SeatNumber) -> Bool {
        isLetter == other.isLetter && prefix == other.prefix && suffix == other.suffix
    }
}

extension Character {
    /// True for an ASCII digit without marks. Characters are ordered, so a digit with a mark is between two digits.
    fileprivate var isDigit: Bool { isASCII && ("0"..."9").contains(self) }
}
