import Marketplace
import PostgresClient
import Storage

/// The cities and currencies of the listings on sale, from which a visitor may choose.
public struct SearchChoices: Hashable, Sendable {
    /// The first ``cityLimit`` cities in sorted order.
    public var cities: [String] = []
    /// The codes, sorted.
    public var currencies: [String] = []

    public init() {}

    static let cityLimit = 500
    private static let timeout = "300ms"

    /// Jumps from each value to the next in an index, so the time grows with the number of values, not with the number
    /// of listings.
    static func read(from pool: PostgresPool) async throws -> SearchChoices {
        let rows = try await pool.pipeline([
            SearchPage.settings(timeout: timeout), values(of: "city", limit: 2 * cityLimit),
            values(of: "currency", limit: Currency.all.count),
        ])
        var choices = SearchChoices()
        choices.cities = Array(try rows[1].decode(String.self).prefix(cityLimit))
        choices.currencies = try rows[2].decode(String.self)
        return choices
    }

    /// Cities that have no more shows are skipped.
    private static func values(of column: SQL, limit: Int) -> SQL {
        """
        WITH RECURSIVE found (value, number) AS (
            (SELECT \(column), 1 FROM tickets.tickets WHERE NOT withdrawn AND \(column) IS NOT NULL
             ORDER BY \(column) LIMIT 1)
            UNION ALL
            SELECT (SELECT \(column) FROM tickets.tickets WHERE NOT withdrawn AND \(column) > found.value
                    ORDER BY \(column) LIMIT 1), number + 1
            FROM found WHERE value IS NOT NULL AND number < \(Int64(limit))
        )
        SELECT value FROM found WHERE value IS NOT NULL AND EXISTS (
            SELECT FROM tickets.tickets WHERE NOT withdrawn AND \(column) = found.value
            AND (\(column) IS DISTINCT FROM city OR coalesce(starts_at, 'infinity') > now()))
        """
    }
}
