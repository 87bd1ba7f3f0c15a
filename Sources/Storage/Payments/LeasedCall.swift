public import FoundationEssentials
public import Marketplace
import PostgresClient

/// A call that is this worker's to make, until its lease is over.
public struct LeasedCall: Sendable {
    public var order: OrderID
    public var name: PaymentCall.Name
    /// As it was stored, to the byte.
    public var request: String
    public var token: UUID
    /// How often it was leased, this time too.
    public var runs: Int
    /// How often Stripe has answered it with a failure of its own.
    public var failures: Int
    public var createdAt: Timestamp
    /// Stripe's session of the attempt, where there is one to look at.
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

    init(row: PostgresRow) throws {
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

/// An attempt that is this worker's to look at, until its lease is over.
public struct LeasedLook: Sendable {
    public var order: OrderID
    public var attempt: Int
    public var session: String
    public var token: UUID
    public var looks: Int

    public init(order: OrderID, attempt: Int, session: String, token: UUID, looks: Int) {
        self.order = order
        self.attempt = attempt
        self.session = session
        self.token = token
        self.looks = looks
    }

    init(row: PostgresRow) throws {
        order = try row.decode("order_id", as: OrderID.self)
        attempt = try row.decode("number", as: Int.self)
        session = try row.decode("session_id", as: String.self)
        token = try row.decode("look_token", as: UUID.self)
        looks = try row.decode("looks", as: Int.self)
    }
}
