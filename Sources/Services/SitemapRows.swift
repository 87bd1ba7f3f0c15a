import PostgresClient

/// The rows of a table that a sitemap lists, by id.
struct SitemapRows: Sendable {
    let table: SQL
    let condition: SQL

    /// Returns a query of one page.
    ///
    /// - Parameter start: A condition that selects the page's first row and all rows after it, or nil for the first
    ///   page.
    func page(_ columns: SQL, from start: SQL?, limit: Int) -> SQL {
        let after: SQL = start.map { "AND \($0)" } ?? ""
        return """
            SELECT \(columns) FROM \(table) WHERE \(condition) \(after)
            ORDER BY id LIMIT \(Int64(limit))
            """
    }

    /// Returns a query of the first id of each page.
    func pageStarts(pageSize: Int) -> SQL {
        """
        SELECT id FROM (
            SELECT id, row_number() OVER (ORDER BY id) AS number FROM \(table) WHERE \(condition)
        ) AS numbered WHERE number % \(Int64(pageSize)) = 1 ORDER BY id
        """
    }
}
