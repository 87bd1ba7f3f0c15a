public import Marketplace
import PostgresClient
import Storage

/// A page of a show's dates, the soonest first. Equal pages that are read at the same time share a query.
struct ShowDates: Hashable, Sendable {
    let show: ShowID
    /// Only the dates in this city, or `nil` for all.
    let city: String?
    /// The end of the previous page.
    let cursor: SearchCursor?
    let limit: Int

    func read(from pool: PostgresPool) async throws -> [PerformanceState] {
        let city: SQL = city.map { "AND city = \($0)" } ?? ""
        let place: SQL =
            cursor.map { "AND (starts_at, id) > (\(Timestamp(microseconds: $0.number)), \($0.id))" } ?? ""
        return try await pool.query(
            """
            SELECT \(Performance.columns) FROM catalogue.performances
            WHERE event_id = \(show) AND status IN ('scheduled', 'postponed', 'cancelled')
                AND (starts_at > now() OR status = 'postponed') \(city) \(place)
            ORDER BY starts_at, id LIMIT \(Int64(limit))
            """
        ).decodeKnown { try Performance(row: $0).state }
    }
}

extension CatalogueReads {
    /// Returns the coming dates of an event, the soonest first, with the postponed and cancelled ones.
    ///
    /// - Parameter city: Only the dates in this city, or `nil` for all.
    public func dates(
        of show: ShowID, city: String? = nil, after cursor: SearchCursor? = nil, limit: Int
    ) async throws -> [PerformanceState] {
        try await datesOfShows.value(of: ShowDates(show: show, city: city, cursor: cursor, limit: limit))
    }
}

extension SearchCursor {
    /// The place of a performance in a list that is sorted by start.
    public init(_ performance: PerformanceState) {
        self.init(number: performance.times.startsAt.microseconds, id: performance.id.uuid, isSimilar: false)
    }
}
