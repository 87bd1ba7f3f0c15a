import FoundationEssentials

/// The submitted payment form. The card number and the security code are kept only during the request.
struct CardForm: Sendable {
    enum Field: String, CaseIterable, Sendable {
        case number, expiry, cvc, name
    }

    struct Errors: Error {
        var byField: [Field: String]
    }

    private var number = ""
    private(set) var expiry = ""
    private var code = ""
    private(set) var name = ""

    init() {}

    init(_ tree: FormTree) {
        func text(_ field: Field) -> String {
            guard case .value(let value) = tree[field.rawValue] else { return "" }
            return String(value.trimmingSpaces.prefix(100))
        }
        number = text(.number)
        expiry = text(.expiry)
        code = text(.cvc)
        name = text(.name)
    }

    /// Returns the card, or an error message for each invalid field.
    func card(at now: Int64) -> Result<Card, Errors> {
        var errors: [Field: String] = [:]
        let date = expiryDate
        if let date {
            if Self.isPast(date, at: now) { errors[.expiry] = "Your card's expiration date is in the past." }
        } else {
            errors[.expiry] = "Enter the card's expiration date as MM / YY."
        }
        if !(3...4).contains(code.count) || !code.allSatisfy(\.isASCIIDigit) {
            errors[.cvc] = "Enter the card's security code: three or four digits."
        }
        if name.isEmpty { errors[.name] = "Enter the name on the card." }
        let card = Card(number: number, expiryMonth: date?.month ?? 1, expiryYear: date?.year ?? 2000)
        if card == nil { errors[.number] = "Your card number is invalid." }
        guard errors.isEmpty, let card else { return .failure(Errors(byField: errors)) }
        return .success(card)
    }

    /// Accepts `12/34`, `12 / 34`, `1234` and `12/2034`.
    private var expiryDate: (month: Int, year: Int)? {
        let digits = expiry.filter(\.isASCIIDigit)
        guard expiry.allSatisfy({ $0.isASCIIDigit || $0 == "/" || $0 == " " || $0 == "-" }),
            digits.count == 4 || digits.count == 6, let month = Int(digits.prefix(2)), (1...12).contains(month),
            let year = Int(digits.dropFirst(2))
        else { return nil }
        return (month, digits.count == 4 ? 2000 + year : year)
    }

    /// The Gregorian calendar in UTC.
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// A card is valid until the end of its month.
    private static func isPast(_ date: (month: Int, year: Int), at now: Int64) -> Bool {
        let today = Date(timeIntervalSince1970: TimeInterval(now))
        return (date.year, date.month) < (
            calendar.component(.year, from: today), calendar.component(.month, from: today)
        )
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}

extension String {
    fileprivate var trimmingSpaces: Substring {
        let start = drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...end]
    }
}
