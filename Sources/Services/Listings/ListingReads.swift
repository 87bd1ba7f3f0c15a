public import Marketplace
public import PostgresClient
public import Storage

/// The API's queries of the schema `tickets`.
public struct ListingReads: Sendable {
    let pool: PostgresPool
    let searches: CoalescedRead<SearchPage, SearchResults>
    let offerPages: CoalescedRead<OfferPage, OfferResults>
    let priceReads: CoalescedRead<LowestPrices, [LowestPrice]>
    private let others: CoalescedRead<Bool, Bool>
    let choicesCache: RefreshedRead<SearchChoices>
    private let pricingCache: RefreshedRead<PricingBook>
    private let listingsByID: BatchedReads<ListingID, Result<Listing, any Error>>
    private let versionsByID: BatchedReads<ListingID, Int64>

    public init(_ pool: PostgresPool, limiters: SearchLimiters = SearchLimiters()) {
        self.pool = pool
        let choices = RefreshedRead(maxAge: .seconds(60), empty: SearchChoices()) {
            try await SearchChoices.read(from: pool)
        }
        choicesCache = choices
        pricingCache = RefreshedRead(maxAge: .seconds(5), empty: PricingBook()) {
            try await PricingBook.read(from: pool)
        }
        searches = CoalescedRead { page in
            try await page.read(from: pool, limiters) { await choices.value().cities }
        }
        offerPages = CoalescedRead { page in try await page.read(from: pool) }
        priceReads = CoalescedRead { prices in try await limiters.prices.run { try await prices.read(from: pool) } }
        others = CoalescedRead { _ in
            try await pool.query(
                """
                SELECT EXISTS (SELECT FROM tickets.tickets
                    WHERE performance_id IS NULL AND NOT withdrawn AND coalesce(starts_at, 'infinity') > now())
                """
            ).decode(Bool.self).first ?? false
        }
        listingsByID = BatchedReads { ids in
            try await pool.query("SELECT \(Listing.columns) FROM tickets.tickets WHERE id \(SQL.oneOf(ids))")
                .results(by: "id", Listing.init(row:))
        }
        versionsByID = BatchedReads { ids in
            let versions = try await pool.query("SELECT id, version FROM tickets.tickets WHERE id \(SQL.oneOf(ids))")
                .decode((ListingID, Int64).self)
            return Dictionary(uniqueKeysWithValues: versions)
        }
    }

    /// Returns the fee rules and price policies. They are normally at most a few seconds old.
    public func pricing() async -> PricingBook { await pricingCache.value() }

    /// True if a listing without a performance is on sale. Simultaneous calls share a query.
    public func hasOther() async throws -> Bool { try await others.value(of: true) }

    /// Returns a listing. Simultaneous calls share a query.
    public nonisolated(nonsending) func listing(_ id: ListingID) async throws -> Listing? {
        try await listingsByID.value(id)?.get()
    }

    /// Returns the current version of a listing, or `nil` if there is no such listing. Simultaneous calls share a
    /// query.
    public nonisolated(nonsending) func version(of id: ListingID) async throws -> Int64? {
        try await versionsByID.value(id)
    }

    /// Returns the listings with these ids, in no particular order. Unknown ids are left out.
    public func listings(_ ids: [ListingID]) async throws -> [Listing] {
        try await pool.query("SELECT \(Listing.columns) FROM tickets.tickets WHERE id = ANY(\(ids))")
            .decodeKnown(Listing.init(row:))
    }

    /// Returns listings whose ids have this prefix, ordered by id.
    public func listings(_ prefix: IDPrefix, limit: Int) async throws -> [Listing] {
        try await pool.query(
            """
            SELECT \(Listing.columns) FROM tickets.tickets
            WHERE id BETWEEN \(prefix.first) AND \(prefix.last) ORDER BY id LIMIT \(Int64(limit))
            """
        ).decodeKnown(Listing.init(row:))
    }

    /// Returns the number of a seller's listings, including withdrawn ones, at most `limit`.
    public func count(of seller: UserID, upTo limit: Int) async throws -> Int {
        try await pool.query(
            """
            SELECT count(*) FROM (SELECT FROM tickets.tickets WHERE seller_id = \(seller) LIMIT \(Int64(limit))) AS own
            """
        ).decode(Int.self).first ?? 0
    }

    /// Returns a seller's listings, including withdrawn ones, newest first.
    public func listings(of seller: UserID, after cursor: ListCursor?, limit: Int) async throws -> [Listing] {
        try await pool.query(
            """
            SELECT \(Listing.columns) FROM tickets.tickets WHERE seller_id = \(seller) \(ListCursor.sql(after: cursor))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(Listing.init(row:))
    }
}
