import FoundationEssentials
public import Marketplace
import PostgresClient

/// One order's payments under lock, with the tokens of who is at work on them.
public struct LockedPayment: Sendable {
    public var file: PaymentFile
    private let callTokens: [PaymentCall.Name: UUID]
    private let lookTokens: [Int: UUID]

    init(
        order: PayableOrder, attempts: [PostgresRow], calls: [PostgresRow], waiters: [PostgresRow],
        times: PaymentTimes, lease: UUID?
    ) throws {
        var callTokens: [PaymentCall.Name: UUID] = [:]
        var lookTokens: [Int: UUID] = [:]
        for row in calls {
            if let token = try row.decode("token", as: UUID?.self) {
                callTokens[try PaymentCall.Name(row: row)] = token
            }
        }
        for row in attempts {
            if let token = try row.decode("look_token", as: UUID?.self) {
                lookTokens[try row.decode("number", as: Int.self)] = token
            }
        }
        self.callTokens = callTokens
        self.lookTokens = lookTokens
        file = PaymentFile(
            order: order, attempts: try attempts.map(PaymentAttempt.init(row:)),
            calls: try calls.map(PaymentCall.init(row:)), waiters: try waiters.map(PaymentWaiter.init(row:)),
            times: times, lease: lease)
    }

    /// Whether the call is still that of this lease: nobody else has stored its outcome, or taken it up, since.
    public func isLeased(_ call: LeasedCall) -> Bool { callTokens[call.name] == call.token }

    /// Whether nothing has changed since this look began: only then is what it saw newer than what is stored.
    public func isLeased(_ look: LeasedLook) -> Bool { lookTokens[look.attempt] == look.token }
}
