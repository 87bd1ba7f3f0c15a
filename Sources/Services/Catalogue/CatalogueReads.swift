public import Marketplace
public import PostgresClient
public import Storage

/// The API's queries of the schema `catalogue`.
public struct CatalogueReads: Sendable {
    let pool: PostgresPool
    private let limiter: SearchLimiter
    private let searches: CoalescedRead<PerformancePage, PerformanceResults>
    private let comingCities: RefreshedRead<[String]>
    private let coming: CoalescedRead<Bool, Bool>
    let datesOfShows: CoalescedRead<ShowDates, [PerformanceState]>
    private let performancesByID: BatchedReads<PerformanceID, Result<PerformanceState, any Error>>
    private let showsByID: BatchedReads<ShowID, Result<Show, any Error>>

    /// - Parameter limiters: The limiters that the listings' searches also use, because both may use the same
    ///   connections.
    public init(_ pool: PostgresPool, limiters: SearchLimiters = SearchLimiters()) {
        self.pool = pool
        let limiter = limiters.exact
        self.limiter = limiter
        searches = CoalescedRead { page in try await page.read(from: pool, limiters) }
        comingCities = RefreshedRead(maxAge: .seconds(60), empty: []) { try await Self.cities(pool) }
        coming = CoalescedRead { _ in
            try await pool.query(
                "SELECT EXISTS (SELECT FROM catalogue.performances WHERE status = 'scheduled' AND starts_at > now())"
            ).decode(Bool.self).first ?? false
        }
        datesOfShows = CoalescedRead { try await $0.read(from: pool) }
        performancesByID = BatchedReads { ids in
            try await pool.query("SELECT \(Performance.columns) FROM catalogue.performances WHERE id \(SQL.oneOf(ids))")
                .results(by: "id") { try Performance(row: $0).state }
        }
        showsByID = BatchedReads { ids in
            try await pool.query("SELECT \(Show.columns) FROM catalogue.events WHERE id \(SQL.oneOf(ids))")
                .results(by: "id", Show.init(row:))
        }
    }

    /// Returns a performance, of any status. Simultaneous calls share a query.
    public nonisolated(nonsending) func performance(_ id: PerformanceID) async throws -> PerformanceState? {
        try await performancesByID.value(id)?.get()
    }

    /// Returns an event, of any status. Simultaneous calls share a query.
    public nonisolated(nonsending) func show(_ id: ShowID) async throws -> Show? {
        try await showsByID.value(id)?.get()
    }

    public func venue(_ id: VenueID) async throws -> Venue? {
        try await pool.query("SELECT \(Venue.columns) FROM catalogue.venues WHERE id = \(id)").map(Venue.init(row:))
            .first
    }

    public func performer(_ id: PerformerID) async throws -> Performer? {
        try await pool.query("SELECT \(Performer.columns) FROM catalogue.performers WHERE id = \(id)")
            .map(Performer.init(row:)).first
    }

    /// Returns a page of performances, the soonest first.
    ///
    /// - Throws: ``SearchTookTooLong`` if the search times out, or if too many searches wait.
    public func performances(
        _ search: PerformanceSearch, after cursor: SearchCursor? = nil, limit: Int, now: Timestamp? = nil
    ) async throws -> PerformanceResults {
        try await searches.value(of: PerformancePage(search: search, cursor: cursor, limit: limit, now: now))
    }

    /// True if the catalogue has a scheduled performance that has not started.
    public func hasComing() async throws -> Bool { try await coming.value(of: true) }

    /// Returns the cities with the most performances among the next 1000. If the result is older than a minute, the
    /// cities are read again in the background.
    public func cities() async -> [String] { await comingCities.value() }

    /// Maximum number of performances from which the cities are read.
    private static let cityReads: Int64 = 1000
    private static let cityLimit: Int64 = 8

    private static func cities(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query(
            """
            SELECT city FROM (
                SELECT city FROM catalogue.performances WHERE status = 'scheduled' AND starts_at > now()
                ORDER BY starts_at, id LIMIT \(cityReads)
            ) AS soon GROUP BY city ORDER BY count(*) DESC, city LIMIT \(cityLimit)
            """
        ).decode(String.self)
    }

    /// Returns published events, newest first.
    ///
    /// - Parameter text: Words of the title and the performers, or their beginnings.
    /// - Throws: ``SearchTookTooLong`` if the search times out, or if too many searches wait.
    public func shows(
        text: String?, category: ShowCategory? = nil, after cursor: ListCursor?, limit: Int
    ) async throws -> [Show] {
        let category: SQL = category.map { "AND category = \($0.rawValue)" } ?? ""
        return try await rows(
            of: """
                SELECT \(Show.columns) FROM catalogue.events
                WHERE status = 'published' \(Self.matches(text)) \(category) \(ListCursor.sql(after: cursor))
                ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
                """
        ).decodeKnown(Show.init(row:))
    }

    /// Returns published venues, newest first.
    ///
    /// - Parameter text: Words of the name and the city, or their beginnings.
    /// - Throws: ``SearchTookTooLong`` if the search times out, or if too many searches wait.
    public func venues(text: String?, after cursor: ListCursor?, limit: Int) async throws -> [Venue] {
        try await rows(
            of: """
                SELECT \(Venue.columns) FROM catalogue.venues
                WHERE status = 'published' \(Self.matches(text)) \(ListCursor.sql(after: cursor))
                ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
                """
        ).decodeKnown(Venue.init(row:))
    }

    /// Runs a search for a text that a client has sent.
    private func rows(of search: SQL) async throws -> PostgresRows {
        let pool = pool
        return try await limiter.run {
            do {
                return try await pool.pipeline([SearchPage.settings(timeout: "1500ms"), search])[1]
            } catch let error as PostgresError where error.isTimeout {
                throw SearchTookTooLong()
            }
        }
    }

    /// Returns undecided proposals, newest first.
    public func proposals(after cursor: ListCursor?, limit: Int) async throws -> [PerformanceState] {
        try await pool.query(
            """
            SELECT \(Performance.columns) FROM catalogue.performances
            WHERE status = 'proposed' \(ListCursor.sql(after: cursor))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown { try Performance(row: $0).state }
    }

    private static func matches(_ text: String?) -> SQL {
        guard let text else { return "" }
        let words = SearchQuery.bindable(text).split { $0.isWhitespace }.prefix(10).map(String.init)
        return words.isEmpty ? "" : "AND search_terms @@ catalogue.terms_query(\(words))"
    }
}
