import FoundationEssentials
public import Marketplace
import PostgresClient

/// The payments of one order under lock, with the tokens of their leases.
public struct LockedPayments: Sendable {
    public var payments: OrderPayments
    private let callTokens: [PaymentCall.Name: UUID]
    private let pollTokens: [Int: UUID]

    init(
        order: PayableOrder, attempts: [PostgresRow], calls: [PostgresRow], waiters: [PostgresRow],
        times: PaymentTimes, lease: UUID?
    ) throws {
        var callTokens: [PaymentCall.Name: UUID] = [:]
        var pollTokens: [Int: UUID] = [:]
        for row in calls {
            if let token = try row.decode("token", as: UUID?.self) {
                callTokens[try PaymentCall.Name(row: row)] = token
            }
        }
        for row in attempts {
            if let token = try row.decode("look_token", as: UUID?.self) {
                pollTokens[try row.decode("number", as: Int.self)] = token
            }
        }
        self.callTokens = callTokens
        self.pollTokens = pollTokens
        payments = OrderPayments(
            order: order, attempts: try attempts.map(PaymentAttempt.init(row:)),
            calls: try calls.map(PaymentCall.init(row:)), waiters: try waiters.map(PaymentWaiter.init(row:)),
            times: times, lease: lease)
    }

    /// True if the call still has this lease: since then no other worker has leased it or stored its outcome.
    public func isLeased(_ call: LeasedCall) -> Bool { callTokens[call.name] == call.token }

    /// True if the attempt has not changed since this poll began. Only then is the snapshot newer than the stored
    /// state.
    public func isLeased(_ poll: LeasedPoll) -> Bool { pollTokens[poll.attempt] == poll.token }
}
