/// A card without its number, which is never stored.
struct Card: Sendable, Equatable {
    enum Behaviour: Sendable, Equatable {
        case succeeds
        case declines(CardError)
        /// Requires 3-D Secure.
        case requiresAuthentication
        /// The authorisation succeeds, and the capture is declined. Stripe has no such card for manual capture, so the
        /// sandbox uses the number of its asynchronous refund failure.
        case failsAtCapture
    }

    let brand: String
    let last4: String
    let expiryMonth: Int
    let expiryYear: Int
    let behaviour: Behaviour

    /// Returns `nil` for an invalid card number. A valid number outside the test list is declined, as a live card is in
    /// Stripe's test mode.
    ///
    /// https://docs.stripe.com/testing
    init?(number: String, expiryMonth: Int, expiryYear: Int) {
        let digits = number.filter { $0 != " " && $0 != "-" }
        guard (13...19).contains(digits.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            Self.passesChecksum(digits)
        else { return nil }
        last4 = String(digits.suffix(4))
        brand =
            switch digits.prefix(2) {
            case "34", "37": "amex"
            case "51"..."55", "22"..."27": "mastercard"
            case "60", "65": "discover"
            case let start where start.hasPrefix("4"): "visa"
            default: "unknown"
            }
        behaviour =
            switch digits {
            case "4242424242424242", "5555555555554444", "378282246310005", "4000056655665556": .succeeds
            case "4000000000000002": .declines(.declined)
            case "4000000000009995": .declines(.insufficientFunds)
            case "4000002500003155", "4000002760003184": .requiresAuthentication
            case "4000000000005126": .failsAtCapture
            default:
                .declines(
                    CardError(
                        code: "card_declined", declineCode: "test_mode_live_card",
                        message: "Your card was declined. Your request was in test mode, but used a non test card."))
            }
        self.expiryMonth = expiryMonth
        self.expiryYear = expiryYear
    }

    /// The Luhn checksum (ISO/IEC 7812-1).
    private static func passesChecksum(_ digits: String) -> Bool {
        let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, digit in
            let value = Int(digit.element) - 48
            guard !digit.offset.isMultiple(of: 2) else { return sum + value }
            return sum + (value > 4 ? value * 2 - 9 : value * 2)
        }
        return sum.isMultiple(of: 10)
    }
}
