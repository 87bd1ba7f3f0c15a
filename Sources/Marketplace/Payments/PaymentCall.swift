/// A committed call to Stripe. The worker that leases the call sends it under its idempotency key. The call is repeated
/// under this key until its outcome is stored.
///
/// An attempt has at most one unfinished call, so no call is made while the response to another is unknown.
public struct PaymentCall: Hashable, Sendable {
    public enum Operation: String, Hashable, Sendable, CaseIterable {
        case createSession = "create_session"
        case expireSession = "expire_session"
        case capture
        case cancelIntent = "cancel_intent"
        case refund
    }

    public enum State: String, Hashable, Sendable, CaseIterable {
        /// The call must be made, or repeated under the same key.
        case pending
        case done
        /// Stripe refused the call.
        case refused
        /// The key no longer gives a usable response. The next try has a new key.
        case doubted
        /// The call was withdrawn before it was made.
        case withdrawn
    }

    /// The attempt's number.
    public var attempt: Int
    public var operation: Operation
    /// The number of the try, from 1. It increases only if Stripe's objects show that the last try had no effect, or if
    /// nobody can use its effect (a page whose URL was never published).
    public var `try`: Int
    public var state: State
    public var dueAt: Timestamp
    /// The number of leases. Zero means that the call cannot have reached Stripe.
    public var runs: Int
    /// The number of 5xx responses. Stripe may replay such a response under the key for a day.
    public var failures: Int
    /// The last error.
    public var error: String?
    /// The number of earlier tries of the operation. It starts again at 0 when an operator requests more tries.
    public var repeats: Int
    /// The time at which the service stopped trying, because Stripe had refused all tries. An operator must request
    /// more tries.
    ///
    /// This is not a ``State``, so that a build that does not know the member sees a refused or doubted call, which is
    /// not pending.
    public var stuckAt: Timestamp?
    public var createdAt: Timestamp

    public init(
        attempt: Int, operation: Operation, try: Int, state: State = .pending, dueAt: Timestamp, runs: Int = 0,
        failures: Int = 0, error: String? = nil, repeats: Int = 0, stuckAt: Timestamp? = nil, createdAt: Timestamp
    ) {
        self.attempt = attempt
        self.operation = operation
        self.try = `try`
        self.state = state
        self.dueAt = dueAt
        self.runs = runs
        self.failures = failures
        self.error = error
        self.repeats = repeats
        self.stuckAt = stuckAt
        self.createdAt = createdAt
    }

    /// Stripe's idempotency key.
    public func key(of order: OrderID) -> String { name.key(of: order) }

    /// The identity of a call within its order.
    public struct Name: Hashable, Sendable {
        public var attempt: Int
        public var operation: Operation
        public var `try`: Int

        public init(attempt: Int, operation: Operation, try: Int) {
            self.attempt = attempt
            self.operation = operation
            self.try = `try`
        }

        /// Stripe's idempotency key: `order:attempt:operation:try`.
        public func key(of order: OrderID) -> String { "\(order):\(attempt):\(operation.rawValue):\(`try`)" }
    }

    public var name: Name { Name(attempt: attempt, operation: operation, try: `try`) }
}
