public import Marketplace
public import PostgresClient

extension Outbox {
    /// What the outbox still has.
    public struct Extent: Sendable, Hashable {
        public var first: Int64
        public var last: Int64
        /// When the first was decided.
        public var since: Timestamp
    }

    /// Nil where it has nothing.
    public func extent(on session: some PostgresQueryable) async throws -> Extent? {
        let rows = try await session.query(
            """
            SELECT id, at, (SELECT max(id) FROM \(table)) AS last FROM \(table) ORDER BY id LIMIT 1
            """)
        return try rows.first.map { row in
            Extent(
                first: try row.decode("id", as: Int64.self), last: try row.decode("last", as: Int64.self),
                since: try row.decode("at", as: Timestamp.self))
        }
    }

    /// The first number that was decided then or later; nil where none was. Reads all there is: times have no index.
    public func first(since time: Timestamp, on session: some PostgresQueryable) async throws -> Int64? {
        try await session.query("SELECT min(id) FROM \(table) WHERE at >= \(time)")[0].decode(Int64?.self)
    }

    /// How many rows there are from one number to another, both included.
    public func count(_ range: ClosedRange<Int64>, on session: some PostgresQueryable) async throws -> Int {
        try await session.query(
            "SELECT count(*) FROM \(table) WHERE id BETWEEN \(range.lowerBound) AND \(range.upperBound)")[0]
            .decode(Int.self)
    }
}
