public import Marketplace
import PostgresClient

/// What search engines are told of: the listings that are on sale, by their ids.
extension TicketReads {
    private static let isFound: SQL = "NOT withdrawn AND coalesce(starts_at, 'infinity') > now()"

    public func found(from id: TicketID? = nil, limit: Int) async throws -> [(id: TicketID, changedAt: Timestamp)] {
        let beginning: SQL = id.map { "AND id >= \($0)" } ?? ""
        return try await pool.query(
            "SELECT id, updated_at FROM tickets.tickets WHERE \(Self.isFound) \(beginning) ORDER BY id LIMIT \(Int64(limit))"
        ).decode((TicketID, Timestamp).self)
    }

    /// The first of every so many.
    public func foundParts(of size: Int) async throws -> [TicketID] {
        try await pool.query(
            """
            SELECT id FROM (
                SELECT id, row_number() OVER (ORDER BY id) AS number FROM tickets.tickets WHERE \(Self.isFound)
            ) AS found WHERE number % \(Int64(size)) = 1 ORDER BY id
            """
        ).decode(TicketID.self)
    }
}
