public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// The events that a service publishes. A row exists only if the transaction that decided the event was committed.
///
/// Rows get their ids under the service's advisory lock, which is held until COMMIT. So ids become visible in order: a
/// reader that has read up to an id never finds a smaller one later. Gaps are possible, and harmless.
public struct Outbox: Sendable {
    public let schema: String
    let table: SQL

    public init(schema: String) {
        self.schema = schema
        table = "\(identifier: schema).outbox"
    }

    public init(service: ServiceName) { self.init(schema: service.rawValue) }

    // MARK: Writing

    /// Returns the statements that append events, in their order: the lock, then the rows.
    ///
    /// Send them last, directly before COMMIT: while the lock is held, no other batch of the service can commit events.
    public func appendSQL(_ events: [OutboxEvent]) -> [SQL] {
        guard !events.isEmpty else { return [] }
        return [
            "SELECT pg_advisory_xact_lock(\(AdvisoryLock.outbox(schema)))",
            """
            INSERT INTO \(table) (id, event_id, type, v, at, subject, version, trace, body)
            SELECT nextval(\(unsafe: sequenceLiteral)), new.* FROM (
                SELECT
                    unnest(\(events.map(\.id))), unnest(\(events.map(\.type))),
                    unnest(\(events.map { Int32(clamping: $0.v) })), unnest(\(events.map(\.at))),
                    unnest(\(events.map(\.subject))), unnest(\(events.map(\.version))),
                    unnest(\(events.map(\.trace))), unnest(\(events.map { RawJSON($0.body) }))
            ) AS new
            """,
        ]
    }

    /// The sequence as a literal, so that the planner knows it. The schema is a constant name, quoted for `regclass`.
    var sequenceLiteral: String {
        "'\"\(schema.replacing("\"", with: "\"\"").replacing("'", with: "''"))\".outbox_ids'"
    }

    // MARK: Reading

    /// Returns the rows after an id, in order.
    public func read(
        after id: Int64, limit: Int, on session: some PostgresQueryable
    ) async throws -> [OutboxRow] {
        let rows = try await session.query(
            """
            SELECT id, event_id, type, v, at, subject, version, trace, body FROM \(table)
            WHERE id > \(id) ORDER BY id LIMIT \(limit)
            """)
        return try rows.map { row in
            let (id, event, type, v, at, subject, version, trace, body) = try row.decode(
                (Int64, UUID, String, Int, Timestamp, String, Int64, String, RawJSON).self)
            return OutboxRow(
                id: id,
                event: OutboxEvent(
                    id: event, type: type, v: v, at: at, subject: subject, version: version, trace: trace,
                    body: body.bytes))
        }
    }

    /// Returns the event id of the row with this id, or `nil` if there is no such row.
    public func event(at id: Int64, on session: some PostgresQueryable) async throws -> UUID? {
        try await session.query("SELECT event_id FROM \(table) WHERE id = \(id)").first?.decode(UUID.self)
    }

    /// Returns the largest row id, or 0 if the outbox is empty.
    public func lastID(on session: some PostgresQueryable) async throws -> Int64 {
        try await session.query("SELECT coalesce(max(id), 0) FROM \(table)")[0].decode(Int64.self)
    }

    /// Returns true if there is a row with an id between these two, not including them.
    public func hasRow(after id: Int64, before end: Int64, on session: some PostgresQueryable) async throws -> Bool {
        try await session.query("SELECT EXISTS (SELECT FROM \(table) WHERE id > \(id) AND id < \(end))")[0]
            .decode(Bool.self)
    }

    // MARK: The last settled row

    static let lastSettledMark = "low_water"

    /// Stores the id up to which every follower has settled all events.
    ///
    /// The mark never goes back. A mark that is computed after Redis lost its data is smaller, but publishing must
    /// resume from the stored mark. If the new mark is not larger, nothing is written: a conflict would lock the row,
    /// and the lock would be flushed to disk each second.
    public func mark(lastSettledID id: Int64, on session: some PostgresQueryable) async throws {
        _ = try await session.query(
            """
            INSERT INTO \(identifier: schema).marks AS marks (name, value) SELECT \(Self.lastSettledMark), \(id)
            WHERE NOT EXISTS (
                SELECT FROM \(identifier: schema).marks WHERE name = \(Self.lastSettledMark) AND value >= \(id))
            ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE marks.value < excluded.value
            """)
    }

    /// Returns the id of the last row that every follower has settled, together with all rows before it: the stored
    /// low-water mark of the event stream, or 0 before the first one.
    public func lastSettledID(on session: some PostgresQueryable) async throws -> Int64 {
        let rows = try await session.query(
            "SELECT value FROM \(identifier: schema).marks WHERE name = \(Self.lastSettledMark)")
        return try rows.first?.decode(Int64.self) ?? 0
    }
}
