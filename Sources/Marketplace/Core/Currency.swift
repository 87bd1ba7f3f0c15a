/// An ISO 4217 currency that the marketplace trades in.
///
/// Stripe charges cards in all of them. The digits are ISO 4217's, which Stripe's minor units follow for these
/// currencies (https://docs.stripe.com/currencies).
public struct Currency: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The code: three capital letters.
    public let rawValue: String

    /// Returns nil for a code that is not in ``all``.
    public init?(rawValue: String) {
        guard Self.digits[rawValue] != nil else { return nil }
        self.rawValue = rawValue
    }

    /// Reads a code in any case: Stripe writes `usd`.
    public static func inAnyCase(_ code: String) -> Currency? { Currency(rawValue: code.uppercased()) }

    public var description: String { rawValue }

    /// The number of decimal digits of the minor unit: 2 for USD, 0 for JPY.
    public var minorDigits: Int { Self.digits[rawValue] ?? 2 }

    public static var all: [String] { digits.keys.sorted() }

    private static let digits: [String: Int] = [
        "AUD": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2, "INR": 2, "JPY": 0,
        "KRW": 0, "MXN": 2, "NOK": 2, "NZD": 2, "PLN": 2, "SEK": 2, "SGD": 2, "USD": 2, "ZAR": 2,
    ]

    /// The currency of a listing that names none.
    public static let usd = Currency(unchecked: "USD")

    private init(unchecked code: String) { self.rawValue = code }
}

extension Currency: NamedValue {}
