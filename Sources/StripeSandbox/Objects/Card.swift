/// A card without its number, which is never stored.
struct Card: Sendable, Equatable {
    enum Behaviour: Sendable, Equatable {
        case succeeds
        case declines(CardError)
        /// Requires 3-D Secure, after which the bank may still decline.
        case requiresAuthentication(thenDeclines: CardError? = nil)
        /// The payment succeeds. Its refunds succeed at first, and fail later.
        case failsRefunds
        /// The payment succeeds. Its refunds are pending, and succeed later.
        case settlesRefunds
        /// The authorisation succeeds, and the capture is declined.
        case failsAtCapture
    }

    let brand: String
    let last4: String
    let expiryMonth: Int
    let expiryYear: Int
    let behaviour: Behaviour

    /// Returns `nil` for an invalid card number. A valid number that is not a test card's is declined, like a live card
    /// in Stripe's test mode.
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
            case "30", "36", "38": "diners"
            case "35": "jcb"
            case "62": "unionpay"
            case let start where start.hasPrefix("4"): "visa"
            default: "unknown"
            }
        behaviour =
            TestCard.byNumber[digits]?.behaviour
            ?? .declines(
                CardError(
                    code: "card_declined", declineCode: "test_mode_live_card",
                    message: "Your card was declined. Your request was in test mode, but used a non test card."))
        self.expiryMonth = expiryMonth
        self.expiryYear = expiryYear
    }

    /// Creates the card of a test PaymentMethod such as `pm_card_visa`. Returns `nil` for any other id.
    init?(paymentMethod: String) {
        guard let card = TestCard.byPaymentMethod[paymentMethod] else { return nil }
        self.init(number: card.number, expiryMonth: 12, expiryYear: 2_040)
    }

    /// Checks the Luhn checksum (ISO/IEC 7812-1).
    private static func passesChecksum(_ digits: String) -> Bool {
        let sum = digits.utf8.reversed().enumerated().reduce(0) { sum, digit in
            let value = Int(digit.element) - 48
            guard !digit.offset.isMultiple(of: 2) else { return sum + value }
            return sum + (value > 4 ? value * 2 - 9 : value * 2)
        }
        return sum.isMultiple(of: 10)
    }
}
