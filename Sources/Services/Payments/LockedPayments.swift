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

    /// True if the effect still has its lease. In that case, no other worker has leased the call or stored its outcome
    /// since. A polled attempt has not changed since the poll began, so the snapshot is newer than the stored state.
    package func isLeased(_ effect: StripeEffect) -> Bool {
        switch effect.work {
        case .call(let call): callTokens[call.name] == effect.token
        case .poll(let attempt, _): pollTokens[attempt] == effect.token
        }
    }
}
