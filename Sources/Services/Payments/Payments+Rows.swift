import FoundationEssentials
import Marketplace
import PostgresClient
import Storage

extension PayableOrder {
    static let columns: SQL = """
        id, user_id, title, quantity, price, total, currency, status, claimed, expires_at, version, told
        """

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: OrderID.self), userId: try row.decode("user_id", as: UserID.self),
            title: try row.decode("title", as: String.self), quantity: try row.decode("quantity", as: Int.self),
            price: try row.decode("price", as: Int64.self), total: try row.decode("total", as: Int64.self),
            currency: try row.known("currency", Currency.init),
            status: try row.known("status", OrderState.Status.init), claimed: try row.decode("claimed", as: Int?.self),
            expiresAt: try row.decode("expires_at", as: Timestamp.self),
            version: try row.decode("version", as: Int64.self), eventVersion: try row.decode("told", as: Int64.self))
    }
}

extension PaymentAttempt {
    static let columns: SQL = """
        order_id, number, state, amount, currency, session_id, session_url, session_expires_at, intent_id, failure, \
        look_at, looks, look_failures, look_token
        """

    init(row: PostgresRow) throws {
        self.init(
            number: try row.decode("number", as: Int.self), state: try row.known("state", State.init),
            amount: try row.decode("amount", as: Int64.self), currency: try row.known("currency", Currency.init),
            sessionId: try row.decode("session_id", as: String?.self),
            sessionURL: try row.decode("session_url", as: String?.self),
            sessionExpiresAt: try row.decode("session_expires_at", as: Timestamp.self),
            intentId: try row.decode("intent_id", as: String?.self),
            failure: try row.decode("failure", as: String?.self),
            pollAt: try row.decode("look_at", as: Timestamp?.self), polls: try row.decode("looks", as: Int.self),
            pollFailures: try row.decode("look_failures", as: Int.self))
    }
}

extension PaymentCall.Name {
    init(row: PostgresRow) throws {
        self.init(
            attempt: try row.decode("attempt", as: Int.self),
            operation: try row.known("operation", PaymentCall.Operation.init),
            try: try row.decode("try", as: Int.self))
    }
}

extension PaymentCall {
    static let columns: SQL = """
        order_id, attempt, operation, try, state, due_at, token, runs, failures, error, repeats, stuck_at, \
        created_at
        """

    init(row: PostgresRow) throws {
        let name = try Name(row: row)
        self.init(
            attempt: name.attempt, operation: name.operation, try: name.try,
            state: try row.known("state", State.init), dueAt: try row.decode("due_at", as: Timestamp.self),
            runs: try row.decode("runs", as: Int.self), failures: try row.decode("failures", as: Int.self),
            error: try row.decode("error", as: String?.self), repeats: try row.decode("repeats", as: Int.self),
            stuckAt: try row.decode("stuck_at", as: Timestamp?.self),
            createdAt: try row.decode("created_at", as: Timestamp.self))
    }
}

extension PaymentWaiter {
    init(row: PostgresRow) throws {
        self.init(
            command: try row.decode("command_id", as: CommandID.self), reply: try row.decode("reply", as: String.self))
    }
}
