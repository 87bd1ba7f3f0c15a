public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The table of a service's oldest dead letters, which Redis no longer keeps.
public struct DeadLetterArchive: Sendable {
    /// The time for which a letter is kept after it became a dead letter.
    public static let retention = Duration.seconds(90 * 86_400)

    /// An archived dead letter.
    public struct Letter: Sendable, Hashable {
        /// The id of the entry in the stream of dead letters.
        public var id: String
        public var diedAt: Timestamp
        /// The id of the command or event, if it has one.
        public var message: UUID?
        /// The entry's fields by name.
        public var fields: [String: String]

        public init(id: String, diedAt: Timestamp, fields: [String: String]) {
            self.id = id
            self.diedAt = diedAt
            message = fields["id"].flatMap { UUID(uuidString: $0) }
            self.fields = fields
        }
    }

    private let table: SQL

    public init(service: ServiceName) { table = "\(identifier: service.rawValue).dead_letters" }

    /// Adds letters. It does not change letters that the archive already has.
    public func add(_ letters: [Letter], on pool: PostgresPool) async throws {
        guard !letters.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        let fields = try letters.map { RawJSON(Array(try encoder.encode($0.fields))) }
        try await pool.execute(
            """
            INSERT INTO \(table) (id, died_at, message, fields)
            SELECT new.id, new.died_at, new.message, new.fields::json
            FROM (
                SELECT
                    unnest(\(letters.map(\.id))), unnest(\(letters.map(\.diedAt))), unnest(\(letters.map(\.message))),
                    unnest(\(fields))
            ) AS new (id, died_at, message, fields)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Deletes letters that became dead letters more than ``retention`` ago, oldest first.
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

    // MARK: Reading

    private static let oldestFirst: SQL = "died_at, length(id), id"

    /// Returns letters, oldest first.
    ///
    /// - Parameters:
    ///   - position: The letter after which the result begins, or `nil` to begin with the oldest letter.
    public func list(
        after position: (id: String, diedAt: Timestamp)? = nil, limit: Int, on session: some PostgresQueryable
    ) async throws -> [Letter] {
        let condition: SQL =
            if let (id, diedAt) = position {
                "WHERE (died_at, length(id), id) > (\(diedAt), length(\(id)), \(id))"
            } else { "" }
        return try await session.query(
            "SELECT id, died_at, fields::text FROM \(table) \(condition) ORDER BY \(Self.oldestFirst) LIMIT \(limit)"
        ).map(Self.letter)
    }

    /// Returns the letter with this id, or `nil` if there is none.
    public func find(_ id: String, on session: some PostgresQueryable) async throws -> Letter? {
        try await session.query("SELECT id, died_at, fields::text FROM \(table) WHERE id = \(id)").map(Self.letter)
            .first
    }

    /// Returns the id of the newest letter, or `nil` if there is none.
    public func newest(on session: some PostgresQueryable) async throws -> String? {
        try await session.query(
            "SELECT id FROM \(table) ORDER BY died_at DESC, length(id) DESC, id DESC LIMIT 1"
        ).decode(String.self).first
    }

    public func count(on session: some PostgresQueryable) async throws -> Int {
        try await session.query("SELECT count(*) FROM \(table)")[0].decode(Int.self)
    }

    /// Returns true if the command or event is an archived dead letter.
    public func contains(message: UUID, on session: some PostgresQueryable) async throws -> Bool {
        try await session.query("SELECT EXISTS (SELECT FROM \(table) WHERE message = \(message))")[0]
            .decode(Bool.self)
    }

    /// Deletes and returns a letter, or returns `nil` if there is none.
    public func remove(_ id: String, on session: some PostgresQueryable) async throws -> Letter? {
        try await session.query("DELETE FROM \(table) WHERE id = \(id) RETURNING id, died_at, fields::text")
            .map(Self.letter).first
    }

    private static func letter(_ row: PostgresRow) throws -> Letter {
        let (id, diedAt, fields) = try row.decode((String, Timestamp, String).self)
        return Letter(
            id: id, diedAt: diedAt,
            fields: try JSONDecoder().decode([String: String].self, from: Data(fields.utf8)))
    }
}
