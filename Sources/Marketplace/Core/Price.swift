/// The price of one unit, in minor units: 1 to 99,999,999, which is Stripe's maximum charge
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
}
