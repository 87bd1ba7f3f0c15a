/// The price of one unit, in minor units: 1 to ``limit``. Most currencies have narrower limits: see ``CurrencyFacts``.
public struct Price: Hashable, Sendable {
    public let minorUnits: Int64

    /// The greatest amount in any currency.
    public static let limit = CurrencyFacts.greatestMaximum

    public init?(minorUnits: Int64) {
        guard (1...Self.limit).contains(minorUnits) else { return nil }
        self.minorUnits = minorUnits
    }

    /// The total for a quantity, or nil if the quantity is below 1 or the total exceeds the currency's greatest charge.
    public func times(_ quantity: Int, in currency: Currency) -> Int64? {
        guard quantity >= 1 else { return nil }
        let (total, overflow) = minorUnits.multipliedReportingOverflow(by: Int64(quantity))
        return overflow || total > currency.facts.maximum ? nil : total
    }

    /// The currency's rule that the price breaks, as the end of a sentence whose subject is the price, such as
    /// `must be at least 0.50 USD`. Nil if the price can be charged and paid out.
    public static func fault(of minorUnits: Int64, in currency: Currency) -> String? {
        let facts = currency.facts
        if (1..<facts.minimum).contains(minorUnits) {
            return "must be at least \(currency.text(facts.minimum)), the smallest card payment"
        }
        return fault(ofAsk: minorUnits, in: currency)
    }

    /// The fault of a price before fees, worded as in ``fault(of:in:)``. The price may be lower than the smallest
    /// charge, because only the price with fees must reach it.
    public static func fault(ofAsk minorUnits: Int64, in currency: Currency) -> String? {
        let facts = currency.facts
        guard (1...facts.maximum).contains(minorUnits) else {
            return "must be 1 to \(facts.maximum) minor units of \(currency)"
        }
        guard minorUnits.isMultiple(of: facts.priceStep) else {
            return "must be a multiple of \(currency.text(facts.priceStep)): "
                + "its minor units must be a multiple of \(facts.priceStep)"
        }
        return nil
    }
}
