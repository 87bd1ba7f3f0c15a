import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The table of a service's oldest dead letters, which Redis no longer keeps.
public struct DeadLetterArchive: Sendable {
    /// The time for which a dead letter is kept after it became one.
    public static let retention = Duration.seconds(90 * 86_400)

    /// A dead letter as the archive keeps it.
    public struct Letter: Sendable, Hashable {
        /// The id of the entry in the stream of dead letters.
        public var id: String
        public var diedAt: Timestamp
        /// The entry's fields by name.
        public var fields: [String: String]

        public init(id: String, diedAt: Timestamp, fields: [String: String]) {
            self.id = id
            self.diedAt = diedAt
            self.fields = fields
        }
    }

    private let table: SQL

    public init(service: ServiceName) { table = "\(identifier: service.rawValue).dead_letters" }

    /// Adds letters. Those that the archive has already are left as they are.
    public func add(_ letters: [Letter], on pool: PostgresPool) async throws {
        guard !letters.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let fields = try letters.map { RawJSON(Array(try encoder.encode($0.fields))) }
        try await pool.execute(
            """
            INSERT INTO \(table) (id, died_at, fields)
            SELECT new.id, new.died_at, new.fields::json
            FROM (
                SELECT unnest(\(letters.map(\.id))), unnest(\(letters.map(\.diedAt))), unnest(\(fields))
            ) AS new (id, died_at, fields)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Deletes the oldest letters that became dead letters more than ``retention`` ago.
    ///
    /// - Returns: The number of deleted letters, at most `limit`.
    public func prune(at now: Timestamp, limit: Int, on pool: PostgresPool) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM \(table) WHERE id IN (
                SELECT id FROM \(table) WHERE died_at < \(now - Self.retention)
                ORDER BY died_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            """)
    }
}
