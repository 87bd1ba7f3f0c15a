public import FoundationEssentials
public import Marketplace
import PostgresClient

/// A call to Stripe that this worker has leased.
public struct LeasedCall: Sendable {
    public var order: OrderID
    public var name: PaymentCall.Name
    /// The request as JSON, byte for byte as it was stored.
    public var request: String
    public var token: UUID
    /// The number of leases so far, including this one.
    public var runs: Int
    /// The number of 5xx responses from Stripe so far.
    public var failures: Int
    public var createdAt: Timestamp
    /// The id of the attempt's Checkout Session, if it has one.
    public var session: String?

    public init(
        order: OrderID, name: PaymentCall.Name, request: String, token: UUID, runs: Int, failures: Int,
        createdAt: Timestamp, session: String?
    ) {
        self.order = order
        self.name = name
        self.request = request
        self.token = token
        self.runs = runs
        self.failures = failures
        self.createdAt = createdAt
        self.session = session
    }

    /// - Throws: `UnknownValue` if this build can't read the call or its payment.
    init(row: PostgresRow) throws {
        try row.checkPaymentIsReadable()
        order = try row.decode("order_id", as: OrderID.self)
        name = try PaymentCall.Name(row: row)
        request = try row.decode("request", as: String.self)
        token = try row.decode("token", as: UUID.self)
        runs = try row.decode("runs", as: Int.self)
        failures = try row.decode("failures", as: Int.self)
        createdAt = try row.decode("created_at", as: Timestamp.self)
        session = try row.decode("session_id", as: String?.self)
    }
}
