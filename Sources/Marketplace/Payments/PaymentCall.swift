/// A call to Stripe that has been committed to: made by whoever leases it, under its key, until its outcome is stored.
///
/// An attempt has at most one unfinished call, so nothing is ever asked of Stripe on top of an answer not yet known.
public struct PaymentCall: Hashable, Sendable {
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        case createSession = "create_session"
        case expireSession = "expire_session"
        case capture
        case cancelIntent = "cancel_intent"
        case refund
    }

    public enum State: String, Hashable, Sendable, CaseIterable {
        /// To be made, or made again under the same key.
        case pending
        case done
        /// Stripe said no.
        case refused
        /// Its key gives no usable answer any more. The next try has another.
        case doubted
        /// Taken back before it was ever made.
        case withdrawn
    }

    /// The attempt's number.
    public var attempt: Int
    public var operation: Operation
    /// Rises only when Stripe's objects show that the try before had no effect, or none that anyone can reach.
    public var `try`: Int
    public var state: State
    public var dueAt: Timestamp
    /// How often it was leased: 0 means that Stripe can't have heard of it.
    public var runs: Int
    /// How often Stripe answered that it failed itself (5xx): such an answer may be kept under the key for a day.
    public var failures: Int
    /// The last thing that went wrong.
    public var error: String?
    public var createdAt: Timestamp

    public init(
        attempt: Int, operation: Operation, try: Int, state: State = .pending, dueAt: Timestamp, runs: Int = 0,
        failures: Int = 0, error: String? = nil, createdAt: Timestamp
    ) {
        self.attempt = attempt
        self.operation = operation
        self.try = `try`
        self.state = state
        self.dueAt = dueAt
        self.runs = runs
        self.failures = failures
        self.error = error
        self.createdAt = createdAt
    }

    /// Stripe's idempotency key: `order:attempt:operation:try`.
    public func key(of order: OrderID) -> String { "\(order):\(attempt):\(operation.rawValue):\(`try`)" }

    /// What a call is known by.
    public struct Name: Hashable, Sendable {
        public var attempt: Int
        public var operation: Operation
        public var `try`: Int

        public init(attempt: Int, operation: Operation, try: Int) {
            self.attempt = attempt
            self.operation = operation
            self.try = `try`
        }
    }

    public var name: Name { Name(attempt: attempt, operation: operation, try: `try`) }
}
