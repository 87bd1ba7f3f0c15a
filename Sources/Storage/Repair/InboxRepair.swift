public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// Commands that were taken in and never answered, found and answered.
public struct InboxRepair: Sendable {
    private let service: Service
    private let pool: PostgresPool

    public init(service: Service, pool: PostgresPool) {
        self.service = service
        self.pool = pool
    }

    /// Whether nothing is going on that would answer the command: of payments, that nobody waits for a page any more, or
    /// that no attempt is under way.
    private var isForgotten: SQL {
        guard service == .payments else { return "true" }
        return """
            NOT EXISTS (
                SELECT FROM payments.waiting
                JOIN payments.attempts ON attempts.order_id = waiting.order_id
                WHERE waiting.command_id = inbox.id AND attempts.state NOT IN ('dead', 'refunded'))
            """
    }

    /// Those that were taken in before a moment. A command and its answer are stored in one transaction, but for those
    /// that payments answers once there is a page to pay at.
    public func unanswered(before moment: Timestamp, limit: Int) async throws -> [(id: UUID, type: String)] {
        try await pool.query(
            """
            SELECT id, type FROM \(identifier: service.rawValue).inbox
            WHERE outcome IS NULL AND actor IS NOT NULL AND received_at < \(moment) AND \(isForgotten)
            ORDER BY id LIMIT \(limit)
            """
        ).map { (try $0.decode("id", as: UUID.self), try $0.decode("type", as: String.self)) }
    }

    /// Answers one with a refusal, if it is still without an answer.
    /// - Returns: whether it was.
    public func answer(_ id: UUID, with refusal: Refusal) async throws -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let body = JSONText(Array(try encoder.encode(refusal)))
        return try await pool.withTransaction { (transaction) -> Bool in
            let rows = try await transaction.query(
                """
                UPDATE \(identifier: service.rawValue).inbox SET outcome = 'refused', reply = \(body)::json
                WHERE id = \(id) AND outcome IS NULL AND \(isForgotten) RETURNING id
                """)
            if service == .payments, !rows.isEmpty {
                _ = try await transaction.query("DELETE FROM payments.waiting WHERE command_id = \(id)")
            }
            return !rows.isEmpty
        }
    }
}
