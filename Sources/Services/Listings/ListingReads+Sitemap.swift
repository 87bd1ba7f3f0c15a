public import Marketplace
import PostgresClient

/// Queries for the sitemap, which lists the listings on sale by id.
extension ListingReads {
    private static let sitemapRows = SitemapRows(
        table: "tickets.tickets", condition: "NOT withdrawn AND coalesce(starts_at, 'infinity') > now()")

    /// Returns a page of the sitemap that starts with `id`, or the first page.
    public func sitemapPage(
        from id: ListingID? = nil, limit: Int
    ) async throws -> [(id: ListingID, changedAt: Timestamp)] {
        try await pool.query(
            Self.sitemapRows.page("id, updated_at", from: id.map { "id >= \($0)" }, limit: limit)
        ).decode((ListingID, Timestamp).self)
    }

    /// Returns the first id of each page of the sitemap.
    public func sitemapPageStarts(pageSize: Int) async throws -> [ListingID] {
        try await pool.query(Self.sitemapRows.pageStarts(pageSize: pageSize)).decode(ListingID.self)
    }
}
