public import Marketplace
public import PostgresClient
public import Storage

/// The API's queries of the schema `orders`.
public struct OrderReads: Sendable {
    let pool: PostgresPool
    private let availabilityByID: BatchedReads<ListingID, Result<ListingAvailability, any Error>>

    public init(_ pool: PostgresPool) {
        self.pool = pool
        availabilityByID = BatchedReads { ids in
            try await pool.query(ListingAvailability.select(ids)).results(by: "id", ListingAvailability.init(row:))
        }
    }

    public func order(_ id: OrderID) async throws -> OrderState? {
        try await pool.query("SELECT \(OrderState.columns) FROM orders.orders WHERE id = \(id)")
            .map(OrderState.init(row:)).first
    }

    /// Returns a buyer's orders, newest first.
    public func orders(of buyer: UserID, after cursor: ListCursor?, limit: Int) async throws -> [OrderState] {
        try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE user_id = \(buyer) \(ListCursor.sql(after: cursor))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(OrderState.init(row:))
    }

    /// Returns a buyer's newest unpaid order of a listing, and the number of the listing's units that the buyer has.
    ///
    /// - Parameter limit: The highest number of units that the caller needs to know. At most this many unpaid and this
    ///   many paid orders are counted, because each order has at least one unit. With 0, no order is counted.
    public func holdings(
        of listing: ListingID, by buyer: UserID, upTo limit: Int
    ) async throws -> ListingHoldings {
        func quantities(_ condition: SQL) -> SQL {
            """
            (SELECT quantity FROM orders.orders
            WHERE user_id = \(buyer) AND ticket_id = \(listing) AND \(condition) LIMIT \(Int64(limit)))
            """
        }
        let results = try await pool.pipeline([
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE user_id = \(buyer) AND ticket_id = \(listing) AND \(OrdersStore.isUnpaid)
            ORDER BY created_at DESC, id DESC LIMIT 1
            """,
            """
            SELECT coalesce(sum(quantity), 0)::bigint FROM (
                \(quantities(OrdersStore.isUnpaid)) UNION ALL \(quantities("status IN ('confirmed', 'complete')"))
            ) AS counted
            """,
        ])
        return ListingHoldings(
            unpaid: try results[0].decodeKnown(OrderState.init(row:)).first, units: try results[1][0].decode(Int.self))
    }

    /// Returns the orders with these ids, in no particular order. Unknown ids are left out.
    public func orders(_ ids: [OrderID]) async throws -> [OrderState] {
        try await pool.query("SELECT \(OrderState.columns) FROM orders.orders WHERE id = ANY(\(ids))")
            .decodeKnown(OrderState.init(row:))
    }

    /// Returns the current availability of listings, in no particular order. Listings without a copy yet are left out.
    public func availability(of listings: [ListingID]) async throws -> [ListingAvailability] {
        try await pool.query(ListingAvailability.select(listings)).decodeKnown(ListingAvailability.init(row:))
    }

    /// Returns the current availability of a listing, or `nil` if there is no copy of it yet. Simultaneous calls share
    /// a query.
    public nonisolated(nonsending) func availability(of listing: ListingID) async throws -> ListingAvailability? {
        try await availabilityByID.value(listing)?.get()
    }
}

extension ListingAvailability {
    /// A banned seller's listing counts as withdrawn before a slice withdraws it. Units may go back on sale if one of
    /// the last 100 orders is unpaid: holds are short, so unpaid orders are among the newest.
    fileprivate static func select(_ ids: [ListingID]) -> SQL {
        """
        SELECT id, price, \(UnitPricing.columns), currency, offered, split_set, seats, version, held,
            CASE WHEN seats IS NOT NULL THEN (
                SELECT coalesce(bit_or(1::bigint << (unit - 1)), 0) FROM orders.free_units
                WHERE ticket_id = tickets.id AND unit <= 64
            ) END AS free_mask,
            withdrawn OR EXISTS (
                SELECT FROM orders.users WHERE users.id = seller_id AND status = 'banned'
            ) AS withdrawn,
            CASE WHEN held < offered THEN true ELSE EXISTS (
                SELECT FROM (
                    SELECT status FROM orders.orders WHERE ticket_id = tickets.id
                    ORDER BY created_at DESC, id DESC LIMIT 100
                ) AS newest WHERE status = 'awaiting_payment'
            ) END AS may_return
        FROM orders.tickets WHERE id \(SQL.oneOf(ids))
        """
    }

    fileprivate init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: ListingID.self), price: try row.decode("price", as: Int64.self),
            pricing: try UnitPricing(row: row),
            currency: try row.known("currency", Currency.init), offered: try row.decode("offered", as: Int.self),
            splitSet: try QuantitySet(row: row), withdrawn: try row.decode("withdrawn", as: Bool.self),
            version: try row.decode("version", as: Int64.self), held: try row.decode("held", as: Int.self),
            free: try row.decode("free_mask", as: Int64?.self).map(UInt64.init(bitPattern:)),
            seats: try row.decode("seats", as: [String]?.self),
            mayReturn: try row.decode("may_return", as: Bool.self))
    }
}
