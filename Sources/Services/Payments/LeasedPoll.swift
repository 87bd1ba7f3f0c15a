public import FoundationEssentials
public import Marketplace
import PostgresClient

/// A poll of an attempt's Checkout Session that this worker has leased.
public struct LeasedPoll: Sendable {
    public var order: OrderID
    public var attempt: Int
    public var session: String
    public var token: UUID

    public init(order: OrderID, attempt: Int, session: String, token: UUID) {
        self.order = order
        self.attempt = attempt
        self.session = session
        self.token = token
    }

    /// - Throws: `UnknownValue` if this build can't read the payment.
    init(row: PostgresRow) throws {
        try row.checkPaymentIsReadable()
        order = try row.decode("order_id", as: OrderID.self)
        attempt = try row.decode("number", as: Int.self)
        session = try row.decode("session_id", as: String.self)
        token = try row.decode("look_token", as: UUID.self)
    }
}
