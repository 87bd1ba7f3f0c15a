/// A refund, as in Stripe's response.
///
/// https://docs.stripe.com/api/refunds/object
public struct Refund: Sendable, Equatable, Decodable {
    /// `re_…`
    public var id: String
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    public var status: String?
    /// Amount in minor units.
    public var amount: Int64

    public init(id: String, status: String?, amount: Int64) {
        self.id = id
        self.status = status
        self.amount = amount
    }
}
