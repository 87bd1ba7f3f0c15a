/// The price of one unit, in minor units: 1 to 99,999,999, Stripe's maximum of eight digits
/// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
public struct Price: Hashable, Sendable {
    public let minorUnits: Int64

    /// The maximum price of a unit, and the maximum total of an order.
    public static let limit: Int64 = 99_999_999

    public init?(minorUnits: Int64) {
        guard (1...Self.limit).contains(minorUnits) else { return nil }
        self.minorUnits = minorUnits
    }

    /// The total for a quantity, or nil if the quantity is below 1 or the total exceeds ``limit``.
    public func times(_ quantity: Int) -> Int64? {
        guard quantity >= 1 else { return nil }
        let (total, overflow) = minorUnits.multipliedReportingOverflow(by: Int64(quantity))
        return overflow || total > Self.limit ? nil : total
    }

    /// The rule of the currency that a price of one unit breaks, as the end of a sentence that begins with its name:
    /// `must be at least 0.50 USD`. Nil if such a price can be charged and paid out.
    public static func fault(of minorUnits: Int64, in currency: Currency) -> String? {
        guard Price(minorUnits: minorUnits) != nil else { return "must be 1 to \(limit) minor units" }
        let facts = currency.facts
        guard minorUnits >= facts.minimum else {
            return "must be at least \(currency.text(facts.minimum)), the smallest card payment"
        }
        guard minorUnits.isMultiple(of: facts.priceStep) else {
            return "must be a multiple of \(currency.text(facts.priceStep)): "
                + "its minor units must be a multiple of \(facts.priceStep)"
        }
        return nil
    }
}
