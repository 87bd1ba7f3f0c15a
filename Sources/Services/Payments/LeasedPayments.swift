public import FoundationEssentials
public import Marketplace
import PostgresClient
import Storage

/// The calls and polls that a worker has leased together.
public struct LeasedPayments: Sendable {
    public var calls: [LeasedCall] = []
    public var polls: [LeasedPoll] = []
    /// The leases that this build can't use.
    public var unreadable: [Unreadable] = []

    /// A lease of a call or poll with a value that this build does not know: a newer build runs beside this one, or did
    /// before a rollback.
    public struct Unreadable: Sendable {
        public var order: OrderID
        public var token: UUID
        public var reason: String
    }

    /// Reads each row by itself, so that one that can't be read does not stop the others.
    init(calls: some Sequence<PostgresRow>, polls: some Sequence<PostgresRow>) throws {
        for row in calls {
            do { self.calls.append(try LeasedCall(row: row)) } catch let error as UnknownValue {
                unreadable.append(try Unreadable(row, token: "token", error))
            }
        }
        for row in polls {
            do { self.polls.append(try LeasedPoll(row: row)) } catch let error as UnknownValue {
                unreadable.append(try Unreadable(row, token: "look_token", error))
            }
        }
    }
}

extension LeasedPayments.Unreadable {
    fileprivate init(_ row: PostgresRow, token: String, _ error: UnknownValue) throws {
        order = try row.decode("order_id", as: OrderID.self)
        self.token = try row.decode(token, as: UUID.self)
        reason = "\(error)"
    }
}

extension PostgresRow {
    /// Checks the values that a decision on the outcome will need. Without it, Stripe would be called again and again
    /// for an outcome that can't be stored.
    ///
    /// - Throws: `UnknownValue` if this build does not know one.
    func checkPaymentIsReadable() throws {
        _ = try known("order_status", OrderState.Status.init)
        _ = try known("order_currency", Currency.init)
        _ = try known("attempt_state", PaymentAttempt.State.init)
        _ = try known("attempt_currency", Currency.init)
    }
}
