public import Marketplace
import PostgresClient

/// Queries for the sitemaps of coming performances and of events, which list them by id.
extension CatalogueReads {
    private static let performanceRows = SitemapRows(
        table: "catalogue.performances", condition: "status = 'scheduled' AND starts_at > now()")
    private static let eventRows = SitemapRows(table: "catalogue.events", condition: "status = 'published'")

    /// Returns a page of coming performances that starts with `id`, or the first page.
    public func sitemapPage(
        from id: PerformanceID? = nil, limit: Int
    ) async throws -> [(id: PerformanceID, changedAt: Timestamp)] {
        try await pool.query(
            Self.performanceRows.page("id, updated_at", from: id.map { "id >= \($0)" }, limit: limit)
        ).decode((PerformanceID, Timestamp).self)
    }

    /// Returns the first id of each page of coming performances.
    public func sitemapPageStarts(pageSize: Int) async throws -> [PerformanceID] {
        try await pool.query(Self.performanceRows.pageStarts(pageSize: pageSize)).decode(PerformanceID.self)
    }

    /// Returns a page of published events that starts with `id`, or the first page. Each has its title, which is a part
    /// of its address.
    public func eventSitemapPage(
        from id: ShowID? = nil, limit: Int
    ) async throws -> [(id: ShowID, title: String, changedAt: Timestamp)] {
        try await pool.query(
            Self.eventRows.page("id, title, updated_at", from: id.map { "id >= \($0)" }, limit: limit)
        ).decode((ShowID, String, Timestamp).self)
    }

    /// Returns the first id of each page of published events.
    public func eventSitemapPageStarts(pageSize: Int) async throws -> [ShowID] {
        try await pool.query(Self.eventRows.pageStarts(pageSize: pageSize)).decode(ShowID.self)
    }
}
