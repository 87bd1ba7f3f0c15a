public import Marketplace
public import PostgresClient

/// The followers of a service's events, in the service's own schema: one row for each group that any build has seen.
public struct Followers: Sendable {
    public struct Row: Sendable, Hashable {
        public let name: String
        /// The outbox row up to which it has settled all events.
        public let settled: Int64
        public let since: Timestamp
        /// True if an operator has dropped it. Until it reads again, it does not hold back the low-water mark.
        public let isDropped: Bool
    }

    private let table: SQL

    public init(schema: String) { table = "\(identifier: schema).followers" }

    public init(service: ServiceName) { self.init(schema: service.rawValue) }

    /// Returns all followers by name.
    public func rows(on session: some PostgresQueryable) async throws -> [Row] {
        try await session.query("SELECT name, settled, since, state FROM \(table) ORDER BY name").map { row in
            let (name, settled, since, state) = try row.decode((String, Int64, Timestamp, String).self)
            return Row(name: name, settled: settled, since: since, isDropped: state == "dropped")
        }
    }

    /// Stores how far followers have settled events, and reactivates followers that were dropped.
    ///
    /// A stored position never goes back, although a position that is read after Redis lost its data is smaller. If
    /// nothing changes, nothing is written: a conflict would lock the rows, and the locks would be flushed to disk each
    /// second.
    public func store(_ settled: [String: Int64], on session: some PostgresQueryable) async throws {
        let names = settled.keys.sorted()
        guard !names.isEmpty else { return }
        _ = try await session.query(
            """
            INSERT INTO \(table) AS followers (name, settled)
            SELECT new.name, new.settled
            FROM (SELECT unnest(\(names)) AS name, unnest(\(names.map { settled[$0] ?? 0 })) AS settled) AS new
            WHERE NOT EXISTS (
                SELECT FROM \(table) AS old
                WHERE old.name = new.name AND old.settled >= new.settled AND old.state = 'live')
            ORDER BY new.name
            ON CONFLICT (name) DO UPDATE SET settled = greatest(followers.settled, excluded.settled), state = 'live'
            """)
    }

    /// Drops a follower. Returns false if there is no follower with this name.
    public func drop(_ name: String, on session: some PostgresQueryable) async throws -> Bool {
        try await !session.query("UPDATE \(table) SET state = 'dropped' WHERE name = \(name) RETURNING name").isEmpty
    }
}
