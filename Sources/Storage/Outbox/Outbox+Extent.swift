public import Marketplace
public import PostgresClient

extension Outbox {
    /// The range of rows in the outbox.
    public struct Extent: Sendable, Hashable {
        public var first: Int64
        public var last: Int64
        /// The time of the first row's event.
        public var since: Timestamp
    }

    /// Returns the range of rows, or `nil` if the outbox is empty.
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

    /// Returns the id of the first row whose event is from `time` or later. It reads the whole table, because times
    /// have no index.
    public func firstID(since time: Timestamp, on session: some PostgresQueryable) async throws -> Int64? {
        try await session.query("SELECT min(id) FROM \(table) WHERE at >= \(time)")[0].decode(Int64?.self)
    }

    /// Returns the number of rows in a range of ids.
    public func count(_ range: ClosedRange<Int64>, on session: some PostgresQueryable) async throws -> Int {
        try await session.query(
            "SELECT count(*) FROM \(table) WHERE id BETWEEN \(range.lowerBound) AND \(range.upperBound)")[0]
            .decode(Int.self)
    }
}
