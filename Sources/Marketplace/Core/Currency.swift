/// A currency of the marketplace, in which Stripe can charge cards.
///
/// Amounts are in Stripe's minor units, which ``CurrencyFacts`` describes.
public struct Currency: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The ISO 4217 code: three capital letters.
    public let rawValue: String

    /// Returns nil for a code that is not in ``all``.
    public init?(rawValue: String) {
        guard CurrencyFacts.table[rawValue] != nil else { return nil }
        self.rawValue = rawValue
    }

    /// Reads a code in upper or lower case: Stripe writes `usd`.
    public static func inAnyCase(_ code: String) -> Currency? { Currency(rawValue: code.uppercased()) }

    public var description: String { rawValue }

    /// The digits, steps, minimum and maximum of the currency's amounts.
    public var facts: CurrencyFacts { CurrencyFacts.table[rawValue] ?? CurrencyFacts() }

    /// The number of decimal digits of the minor unit: 2 for USD, 0 for JPY.
    public var minorDigits: Int { facts.minorDigits }

    /// All codes, sorted.
    public static let all: [String] = CurrencyFacts.table.keys.sorted()

    /// The currency of a listing if no other currency is given.
    public static let usd = Currency(unchecked: "USD")

    private init(unchecked code: String) { self.rawValue = code }
}

extension Currency: NamedValue {}

extension Currency {
    /// The number of decimal digits of written prices: 2 for EUR, and 0 for ISK, whose amounts in minor units
    /// are always multiples of 100. An amount that is not a multiple of the step is written with all digits.
    public func writtenDigits(of minorUnits: Int64) -> Int {
        minorUnits.isMultiple(of: facts.priceStep) && facts.priceStep >= 100 ? 0 : minorDigits
    }

    /// The amount with a point and without the code: `19.99`, or `1999` in JPY.
    ///
    /// - Parameter minorUnits: An amount that is not negative.
    public func decimal(_ minorUnits: Int64) -> String {
        let text = String(minorUnits)
        let digits = minorDigits
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.utf8.count)) + text
        let fraction = padded.suffix(digits).prefix(writtenDigits(of: minorUnits))
        return padded.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// The amount with its code: `19.99 EUR`.
    public func text(_ minorUnits: Int64) -> String { "\(decimal(minorUnits)) \(rawValue)" }
}
