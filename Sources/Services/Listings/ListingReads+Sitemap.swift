public import Marketplace
import PostgresClient

/// Queries for the sitemap, which lists the listings on sale by id.
extension ListingReads {
    private static let isInSitemap: SQL = "NOT withdrawn AND coalesce(starts_at, 'infinity') > now()"

    /// Returns a page of the sitemap that starts with `id`, or the first page.
    public func sitemapPage(
        from id: ListingID? = nil, limit: Int
    ) async throws -> [(id: ListingID, changedAt: Timestamp)] {
        let start: SQL = id.map { "AND id >= \($0)" } ?? ""
        return try await pool.query(
            """
            SELECT id, updated_at FROM tickets.tickets WHERE \(Self.isInSitemap) \(start)
            ORDER BY id LIMIT \(Int64(limit))
            """
        ).decode((ListingID, Timestamp).self)
    }

    /// Returns the first id of each page of the sitemap.
    public func sitemapPageStarts(pageSize: Int) async throws -> [ListingID] {
        try await pool.query(
            """
            SELECT id FROM (
                SELECT id, row_number() OVER (ORDER BY id) AS number FROM tickets.tickets WHERE \(Self.isInSitemap)
            ) AS numbered WHERE number % \(Int64(pageSize)) = 1 ORDER BY id
            """
        ).decode(ListingID.self)
    }
}
