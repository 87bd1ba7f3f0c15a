/// A Charge, which is one attempt to pay by card, as in Stripe's response.
///
/// https://docs.stripe.com/api/charges/object
public struct Charge: Sendable, Equatable {
    /// `ch_…`
    public var id: String
    /// `succeeded`, `pending` or `failed`.
    public var status: String
    /// The amount in minor units, like the next two amounts.
    public var amount: Int64
    public var amountCaptured: Int64
    public var amountRefunded: Int64
    public var captured: Bool
    /// True if the full amount is refunded or its authorisation is cancelled.
    public var refunded: Bool

    public init(
        id: String, status: String, amount: Int64, amountCaptured: Int64, amountRefunded: Int64, captured: Bool,
        refunded: Bool
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.amountCaptured = amountCaptured
        self.amountRefunded = amountRefunded
        self.captured = captured
        self.refunded = refunded
    }
}

extension Charge: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, status, amount, captured, refunded
        case amountCaptured = "amount_captured"
        case amountRefunded = "amount_refunded"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        status = try container.decode(String.self, forKey: .status)
        amount = try container.decode(Int64.self, forKey: .amount)
        amountCaptured = try container.decodeIfPresent(Int64.self, forKey: .amountCaptured) ?? 0
        amountRefunded = try container.decodeIfPresent(Int64.self, forKey: .amountRefunded) ?? 0
        captured = try container.decodeIfPresent(Bool.self, forKey: .captured) ?? false
        refunded = try container.decodeIfPresent(Bool.self, forKey: .refunded) ?? false
    }
}
