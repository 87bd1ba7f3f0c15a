public import Marketplace
import PostgresClient
import Storage

/// Queries for the sitemaps of coming performances and of events, which list them by id.
extension CatalogueReads {
    private static let isInSitemap: SQL = "status = 'scheduled' AND starts_at > now()"

    /// Returns a page of coming performances that starts with `id`, or the first page.
    public func sitemapPage(
        from id: PerformanceID? = nil, limit: Int
    ) async throws -> [(id: PerformanceID, changedAt: Timestamp)] {
        let start: SQL = id.map { "AND id >= \($0)" } ?? ""
        return try await pool.query(
            """
            SELECT id, updated_at FROM catalogue.performances WHERE \(Self.isInSitemap) \(start)
            ORDER BY id LIMIT \(Int64(limit))
            """
        ).decode((PerformanceID, Timestamp).self)
    }

    /// Returns the first id of each page of coming performances.
    public func sitemapPageStarts(pageSize: Int) async throws -> [PerformanceID] {
        try await pool.query(
            """
            SELECT id FROM (
                SELECT id, row_number() OVER (ORDER BY id) AS number
                FROM catalogue.performances WHERE \(Self.isInSitemap)
            ) AS numbered WHERE number % \(Int64(pageSize)) = 1 ORDER BY id
            """
        ).decode(PerformanceID.self)
    }

    /// Returns a page of published events that starts with `id`, or the first page. Each has its title, which is a part
    /// of its address.
    public func eventSitemapPage(
        from id: ShowID? = nil, limit: Int
    ) async throws -> [(id: ShowID, title: String, changedAt: Timestamp)] {
        let start: SQL = id.map { "AND id >= \($0)" } ?? ""
        return try await pool.query(
            """
            SELECT id, title, updated_at FROM catalogue.events WHERE status = 'published' \(start)
            ORDER BY id LIMIT \(Int64(limit))
            """
        ).decode((ShowID, String, Timestamp).self)
    }

    /// Returns the first id of each page of published events.
    public func eventSitemapPageStarts(pageSize: Int) async throws -> [ShowID] {
        try await pool.query(
            """
            SELECT id FROM (
                SELECT id, row_number() OVER (ORDER BY id) AS number FROM catalogue.events WHERE status = 'published'
            ) AS numbered WHERE number % \(Int64(pageSize)) = 1 ORDER BY id
            """
        ).decode(ShowID.self)
    }
}
