public import Marketplace
public import PostgresClient

/// What the API reads of the schema `tickets`.
public struct TicketReads: Sendable {
    let pool: PostgresPool
    let searches: SameReads<SearchPage, SearchResults>
    private let one: SharedReads<TicketID, Result<Listing, any Error>>
    private let versions: SharedReads<TicketID, Int64>

    public init(_ pool: PostgresPool) {
        self.pool = pool
        let turns = SearchTurns()
        searches = SameReads { page in try await turns.take { try await page.read(from: pool) } }
        one = SharedReads { ids in
            try await pool.query("SELECT \(Listing.columns) FROM tickets.tickets WHERE id = ANY(\(ids))")
                .results(by: "id", Listing.init(row:))
        }
        versions = SharedReads { ids in
            let found = try await pool.query("SELECT id, version FROM tickets.tickets WHERE id = ANY(\(ids))")
                .decode((TicketID, Int64).self)
            return Dictionary(uniqueKeysWithValues: found)
        }
    }

    /// Those who ask at the same time share a query.
    public nonisolated(nonsending) func listing(_ id: TicketID) async throws -> Listing? {
        try await one.value(id)?.get()
    }

    /// The version of a listing, as it is now; nil when there is no such listing.
    public nonisolated(nonsending) func version(of id: TicketID) async throws -> Int64? { try await versions.value(id) }

    /// Those of the ids that there are, in no order.
    public func listings(_ ids: [TicketID]) async throws -> [Listing] {
        try await pool.query("SELECT \(Listing.columns) FROM tickets.tickets WHERE id = ANY(\(ids))")
            .map(Listing.init(row:))
    }

    /// All of a seller's, withdrawn ones too, newest first.
    public func listings(of seller: UserID, after place: ListPlace?, limit: Int) async throws -> [Listing] {
        try await pool.query(
            """
            SELECT \(Listing.columns) FROM tickets.tickets WHERE seller_id = \(seller) \(Self.following(place))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).map(Listing.init(row:))
    }

    static func following(_ place: ListPlace?) -> SQL {
        guard let place else { return "" }
        return "AND (created_at, id) < (\(place.createdAt), \(place.id))"
    }
}
