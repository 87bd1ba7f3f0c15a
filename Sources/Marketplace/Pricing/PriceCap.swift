/// The limit that a price policy sets for one ticket.
public struct PriceCap: Codable, Hashable, Sendable {
    /// The greatest ask, in minor units.
    public var max: Int64
    public var basis: PricePolicy.Basis
    /// The jurisdiction of the policy, such as `NO`.
    public var policy: String
    /// The name of the place, such as `Norway`.
    public var place: String
    public var policyVersion: Int64
    public var source: String
    /// The limit in words, without the amount, such as `what it cost`.
    public var limit: String

    public init(
        max: Int64, basis: PricePolicy.Basis, policy: String, place: String, policyVersion: Int64, source: String,
        limit: String
    ) {
        self.max = max
        self.basis = basis
        self.policy = policy
        self.place = place
        self.policyVersion = policyVersion
        self.source = source
        self.limit = limit
    }

    /// The message of a refusal.
    ///
    /// - Parameter amount: The greatest price as text: `450.00 NOK`.
    public func sentence(_ amount: String) -> String {
        "In \(place) a ticket may be resold for at most \(limit): \(amount)."
    }
}
