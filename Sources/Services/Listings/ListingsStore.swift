public import Marketplace
public import PostgresClient

/// Loads and locks the rows of the schema `tickets` for a batch, and returns the statements that store the decisions.
public struct ListingsStore: Sendable {
    let limits: NewSellerLimits
    /// Maximum number of units of one listing that a buyer may have, or nil for no limit.
    private let unitsPerBuyer: Int?
    private let copies = UserCopiesSQL(schema: "tickets")

    public init(limits: NewSellerLimits, unitsPerBuyer: Int? = nil) {
        self.limits = limits
        self.unitsPerBuyer = unitsPerBuyer
    }

    public func load(
        _ messages: [Message<ListingsCommand, ListingsEvent>], in transaction: PostgresTransaction
    ) async throws -> ListingsDecider {
        var ids = ReferencedListingIDs(messages)
        if let lock = lockPricing(ids) { _ = try await transaction.query(lock) }
        try await addListings(behind: &ids, in: transaction)
        try await addRivals(of: &ids, in: transaction)
        try await addListings(toCheck: &ids, in: transaction)
        let rows = try await transaction.pipeline(
            present: [
                lockPerformances(ids.performances, ofListings: ids.priced), copies.lock(ids.users),
                lockListings(ids.listings),
                lockOrders(ids.orders), reports(ids.reports), reportCounts(ids.moderated),
                offers(of: ids.sellers, batchListings: ids.listings.count),
            ] + pricing(ids) + ids.slices.map { lockListingsOnSale($0) })
        let listings = try (rows[2...2] + rows[9...]).joined().map(Listing.init(row:))
        let performances = try rows[0].map(PerformanceCopy.init(row:))
        return ListingsDecider(
            users: try rows[1].map(UserCopy.init(row:)), listings: listings,
            orders: try rows[3].map(CountedOrder.init(row:)),
            performances: performances,
            moderation: Moderation(
                reports: try rows[4].map(ListingReport.init(row:)), counts: try rows[5].map(ReportCount.init(row:))),
            seats: try await seats(of: listings, ids, performances, in: transaction),
            drafts: try await drafts(ids, in: transaction), offers: try offers(in: rows[6]), limits: limits,
            unitsPerBuyer: unitsPerBuyer, pricing: try PricingBook(rules: rows[7], policies: rows[8]))
    }

    private func lockListings(_ listings: Set<ListingID>) -> SQL? {
        guard !listings.isEmpty else { return nil }
        return """
            SELECT \(Listing.columns) FROM tickets.tickets WHERE id = ANY(\(listings.sorted())) ORDER BY id FOR UPDATE
            """
    }

    /// Locks a slice of a seller's listings on sale. The lock on the seller keeps other transactions from offering
    /// more. The condition on `withdrawn` matches the index `tickets_on_sale_of_seller`.
    private func lockListingsOnSale(_ slice: WorkSlice) -> SQL {
        """
        SELECT \(Listing.columns) FROM tickets.tickets WHERE id IN (
            SELECT id FROM tickets.tickets WHERE seller_id = \(slice.work.subject) AND withdrawn IS NOT TRUE
            OFFSET \(slice.skipped) LIMIT \(slice.limit)
        ) ORDER BY id FOR UPDATE
        """
    }

    private func lockOrders(_ orders: Set<OrderID>) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            SELECT \(CountedOrder.columns) FROM tickets.orders
            WHERE order_id = ANY(\(orders.sorted())) ORDER BY order_id FOR UPDATE
            """
    }

    /// Returns the statements that store the decisions, in the order of the locks.
    public func changes(of state: ListingsDecider) -> [SQL] {
        let users = copies.write(state.upsertedUsers.compactMap { state.users[$0] })
        let new = state.insertedListings.sorted().compactMap { state.listings[$0] }
        let changed = state.listingsWithNewOffers.sorted().compactMap { state.listings[$0] }
        let withdrawn = state.listingsWithNewFacts.subtracting(state.listingsWithNewOffers).sorted()
            .compactMap { state.listings[$0] }
        let counted = state.updatedListings.subtracting(state.listingsWithNewFacts).sorted()
            .compactMap { state.listings[$0] }
        let insertedOrders = state.insertedOrders.sorted().compactMap { state.orders[$0] }
        let upsertedOrders = state.upsertedOrders.subtracting(state.insertedOrders).sorted().compactMap {
            state.orders[$0]
        }
        let performances = state.upsertedPerformances.sorted().compactMap { state.performances[$0] }
        return state.pricing.inserts
            + [
                write(performances), users, insert(new), update(changed), updateWithdrawn(withdrawn),
                updateCounters(counted),
                insert(insertedOrders), update(upsertedOrders),
            ].compactMap(\.self) + changes(of: state.seats) + changes(of: state.drafts)
            + changes(of: state.moderation)
    }

    func insert(_ listings: [Listing]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        let states = listings.map(\.state)
        let hasSeats = listings.contains { $0.free != nil }
        let seatColumns: SQL = hasSeats ? ", \(Listing.seatColumns)" : ""
        let seats: SQL =
            hasSeats ? ", \([Seat].arrays(states.map(\.seats))), unnest(\(listings.map(\.storedFree)))" : ""
        return """
            INSERT INTO tickets.tickets (\(Listing.columnsWithoutSeats)\(seatColumns))
            SELECT
                unnest(\(states.map(\.id))), unnest(\(states.map(\.sellerId))), unnest(\(states.map(\.title))),
                unnest(\(states.map(\.price))), \(UnitPricing.arrays(states.map(\.pricing))),
                unnest(\(states.map(\.currency.rawValue))),
                unnest(\(states.map { Int32($0.quantity) })), unnest(\(states.map(\.splitRule?.rawValue))),
                unnest(\(states.map(\.performanceId))), \(ShowDetails.arrays(states.map(\.details))),
                unnest(\(states.map(\.withdrawn))), \(TakeDown.arrays(states.map(\.takenDown))), \(Suspension.arrays(states.map(\.suspended))),
                unnest(\(states.map(\.version))), unnest(\(listings.map { Int32($0.held) })),
                unnest(\(listings.map { Int32($0.sold) })), unnest(\(listings.map(\.performanceVersion))),
                unnest(\(listings.map(\.policySeen))), unnest(\(states.map(\.createdAt))), unnest(\(states.map(\.updatedAt)))\(seats)
            """
    }

    private func update(_ listings: [Listing]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        let (states, free) = (listings.map(\.state), FreeMask(listings))
        return """
            UPDATE tickets.tickets SET title = new.title, price = new.price, \(UnitPricing.assignments),
                currency = new.currency,
                quantity = new.quantity, split_rule = new.split_rule, performance_id = new.performance_id,
                \(ShowDetails.assignments), withdrawn = new.withdrawn, \(TakeDown.assignments), \(Suspension.assignments),
                version = new.version, held = new.held, sold = new.sold,
                performance_version = new.performance_version, policy_seen = new.policy_seen,
                updated_at = new.updated_at\(free.assignment)
            FROM (
                SELECT
                    unnest(\(states.map(\.id))), unnest(\(states.map(\.title))), unnest(\(states.map(\.price))),
                    \(UnitPricing.arrays(states.map(\.pricing))),
                    unnest(\(states.map(\.currency.rawValue))), unnest(\(states.map { Int32($0.quantity) })),
                    unnest(\(states.map(\.splitRule?.rawValue))), unnest(\(states.map(\.performanceId))),
                    \(ShowDetails.arrays(states.map(\.details))), unnest(\(states.map(\.withdrawn))),
                    \(TakeDown.arrays(states.map(\.takenDown))),
                    \(Suspension.arrays(states.map(\.suspended))), unnest(\(states.map(\.version))),
                    unnest(\(listings.map { Int32($0.held) })), unnest(\(listings.map { Int32($0.sold) })),
                    unnest(\(listings.map(\.performanceVersion))), unnest(\(listings.map(\.policySeen))),
                    unnest(\(states.map(\.updatedAt)))\(free.array)
            ) AS new (id, title, price, \(UnitPricing.columns), currency, quantity, split_rule, performance_id,
                \(ShowDetails.columns), withdrawn, \(TakeDown.columns), \(Suspension.columns), version, held, sold,
                performance_version, policy_seen,
                updated_at\(free.column))
            WHERE tickets.id = new.id
            """
    }

    /// Updates only the columns that withdrawals and suspensions change. An update of the searched columns computes the
    /// search words again, which takes most of the time, and a banned seller may have 100,000 listings.
    private func updateWithdrawn(_ listings: [Listing]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        let (states, free) = (listings.map(\.state), FreeMask(listings))
        return """
            UPDATE tickets.tickets SET withdrawn = new.withdrawn, \(Suspension.assignments), version = new.version,
                held = new.held, sold = new.sold, performance_version = new.performance_version,
                policy_seen = new.policy_seen, updated_at = new.updated_at\(free.assignment)
            FROM (
                SELECT
                    unnest(\(states.map(\.id))), unnest(\(states.map(\.withdrawn))),
                    \(Suspension.arrays(states.map(\.suspended))), unnest(\(states.map(\.version))),
                    unnest(\(listings.map { Int32($0.held) })), unnest(\(listings.map { Int32($0.sold) })),
                    unnest(\(listings.map(\.performanceVersion))), unnest(\(listings.map(\.policySeen))),
                    unnest(\(states.map(\.updatedAt)))\(free.array)
            ) AS new (id, withdrawn, \(Suspension.columns), version, held, sold, performance_version,
                policy_seen,
                updated_at\(free.column))
            WHERE tickets.id = new.id
            """
    }

    /// Updates only the counters. Most changes affect only these.
    private func updateCounters(_ listings: [Listing]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        let free = FreeMask(listings)
        return """
            UPDATE tickets.tickets SET held = new.held, sold = new.sold\(free.assignment)
            FROM (
                SELECT
                    unnest(\(listings.map(\.state.id))), unnest(\(listings.map { Int32($0.held) })),
                    unnest(\(listings.map { Int32($0.sold) }))\(free.array)
            ) AS new (id, held, sold\(free.column))
            WHERE tickets.id = new.id
            """
    }

    private func insert(_ orders: [CountedOrder]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        let units = OrderedUnits(orders)
        return """
            INSERT INTO tickets.orders (order_id, ticket_id, quantity, status, version\(units.columns))
            SELECT
                unnest(\(orders.map(\.orderId))), unnest(\(orders.map(\.ticketId))),
                unnest(\(orders.map { Int32($0.quantity) })), unnest(\(orders.map(\.status.rawValue))),
                unnest(\(orders.map(\.version)))\(units.arrays)
            """
    }

    private func update(_ orders: [CountedOrder]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        let units = OrderedUnits(orders)
        return """
            UPDATE tickets.orders SET status = new.status, version = new.version\(units.assignments)
            FROM (
                SELECT
                    unnest(\(orders.map(\.orderId))), unnest(\(orders.map(\.status.rawValue))),
                    unnest(\(orders.map(\.version)))\(units.arrays)
            ) AS new (order_id, status, version\(units.columns))
            WHERE orders.order_id = new.order_id
            """
    }
}
