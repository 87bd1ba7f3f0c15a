public import Marketplace
public import PostgresClient

/// Loads and locks the rows of the schema `orders` for a batch, and returns the statements that store the decisions.
public struct OrdersStore: Sendable {
    let rules: OrdersRules
    private let copies = UserCopiesSQL(schema: "orders")

    public init(rules: OrdersRules) { self.rules = rules }

    public func load(
        _ messages: [Message<OrdersCommand, OrdersEvent>], in transaction: PostgresTransaction
    ) async throws -> OrdersDecider {
        var ids = ReferencedIDs(messages)
        // An order's buyer and listing never change, so they can be read before the row locks.
        if !ids.orders.isEmpty || !ids.slices.isEmpty {
            let rows = try await transaction.pipeline(
                present: [buyersAndListings(of: ids.orders), copies.lock(ids.sliceBuyers)]
                    + ids.slices.compactMap { orders(of: $0) })
            for row in (rows[0...0] + rows[2...]).joined() {
                ids.orders.insert(try row.decode("id", as: OrderID.self))
                ids.users.insert(try row.decode("user_id", as: UserID.self))
                ids.listings.insert(try row.decode("ticket_id", as: ListingID.self))
            }
            ids.users.formUnion(ids.sliceUsers)
        }
        let rows = try await transaction.pipeline(present: [
            copies.lock(ids.users, and: ", lapsed_at, cancelled_free_at, freezes_orders"),
            lockListings(ids.listings), sellers(ids), lockOrders(ids.orders.union(ids.newOrders)),
            allocations(of: ids.orders), freeUnits(ids.requestedUnits), countedOrders(ofBuyersIn: ids),
        ])
        let listings = try rows[1].map(ListingCopy.init(row:))
        let seats = try await seats(of: listings, ids, in: transaction)
        var free: [ListingID: [Int]] = [:]
        for row in rows[5] {
            free[try row.decode("ticket_id", as: ListingID.self), default: []]
                .append(try row.decode("unit", as: Int.self))
        }
        // For listings with seats, all free units replace the smallest ones.
        free.merge(Dictionary(grouping: seats.free, by: \.0).mapValues { $0.map(\.1) }) { $1 }
        return OrdersDecider(
            users: try [rows[2], rows[0]].joined().map(UserCopy.init(row:)), listings: listings,
            orders: try rows[3].map(OrderState.init(row:)),
            allocations: try rows[4].map(Allocation.init(row:)), free: free,
            sales: seats.sales, holds: try holds(lapses: rows[0], counted: rows[6]),
            freezingSellers: try freezingSellers(in: rows[0], rows[2]), rules: rules)
    }

    /// Returns the statements that store the decisions, in the order of the locks. Deletes come before the inserts that
    /// may replace their rows.
    public func changes(of state: OrdersDecider) -> [SQL] {
        let insertedListings = state.insertedListings.sorted().compactMap { state.listings[$0] }
        let changedFacts = state.listingsWithNewFacts.sorted().compactMap { state.listings[$0] }
        let counted = state.updatedListings.subtracting(state.listingsWithNewFacts).sorted().compactMap {
            state.listings[$0]
        }
        let insertedOrders = state.insertedOrders.sorted().compactMap { state.orders[$0] }
        let updatedOrders = state.updatedOrders.sorted().compactMap { state.orders[$0] }
        let writes: [SQL?] = [
            copies.write(state.upsertedUsers.compactMap { state.users[$0] }), updateFreezes(state), updateLapses(state),
            insert(insertedListings), update(changedFacts), updateCounters(counted), insert(insertedOrders),
            update(updatedOrders),
            deleteAllocations(of: state.units.releasedOrders), insert(state.units.insertedAllocations),
            deleteFree(state.units.deletedFreeUnits), insertFree(state.units.insertedFreeUnits),
            deleteSales(of: state.units.releasedSales), delete(state.units.deletedSales),
            deleteLostSales(of: state.units.insertedSales), insert(state.units.insertedSales),
        ]
        return writes.compactMap(\.self)
    }

    private func insert(_ listings: [ListingCopy]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        let hasSeats = listings.contains { $0.seats != nil }
        let seatColumns: SQL = hasSeats ? ", \(ListingCopy.seatColumns)" : ""
        let seats: SQL = hasSeats ? ", \(seatArrays(listings))" : ""
        return """
            INSERT INTO orders.tickets (\(ListingCopy.columnsWithoutSeats)\(seatColumns))
            SELECT
                unnest(\(listings.map(\.id))), unnest(\(listings.map(\.sellerId))), unnest(\(listings.map(\.title))),
                unnest(\(listings.map(\.price))), unnest(\(listings.map(\.currency.rawValue))),
                unnest(\(listings.map { Int32($0.offered) })), unnest(\(listings.map(\.splitSet?.stored))),
                \(ShowDetails.arrays(listings.map(\.details))), unnest(\(listings.map(\.withdrawn))),
                unnest(\(listings.map(\.isTakenDown))), unnest(\(listings.map(\.suspended?.rawValue))),
                unnest(\(listings.map(\.version))), unnest(\(listings.map { Int32($0.held) })),
                unnest(\(listings.map { Int32($0.nextUnit) })),
                unnest(\(listings.map { Int32($0.freeFrom) })), \(UnitPricing.arrays(listings.map(\.pricing)))\(seats)
            """
    }

    private func seatArrays(_ listings: [ListingCopy]) -> SQL {
        "unnest(\(listings.map(\.performanceId))), \([Seat].arrays(listings.map(\.seats)))"
    }

    private func update(_ listings: [ListingCopy]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        let hasSeats = listings.contains { $0.seats != nil }
        let assignments: SQL =
            hasSeats ? ", performance_id = new.performance_id, \([Seat].assignments)" : ""
        let seats: SQL = hasSeats ? ", \(seatArrays(listings))" : ""
        let seatColumns: SQL = hasSeats ? ", \(ListingCopy.seatColumns)" : ""
        return """
            UPDATE orders.tickets SET title = new.title, price = new.price, \(UnitPricing.assignments),
                currency = new.currency,
                offered = new.offered, split_set = new.split_set, \(ShowDetails.assignments), withdrawn = new.withdrawn,
                taken_down = new.taken_down, suspended = new.suspended, version = new.version, held = new.held,
                next_unit = new.next_unit, free_from = new.free_from\(assignments)
            FROM (
                SELECT
                    unnest(\(listings.map(\.id))), unnest(\(listings.map(\.title))), unnest(\(listings.map(\.price))),
                    unnest(\(listings.map(\.currency.rawValue))), unnest(\(listings.map { Int32($0.offered) })),
                    unnest(\(listings.map(\.splitSet?.stored))), \(ShowDetails.arrays(listings.map(\.details))),
                    unnest(\(listings.map(\.withdrawn))), unnest(\(listings.map(\.isTakenDown))),
                    unnest(\(listings.map(\.suspended?.rawValue))),
                    unnest(\(listings.map(\.version))), unnest(\(listings.map { Int32($0.held) })),
                    unnest(\(listings.map { Int32($0.nextUnit) })),
                    unnest(\(listings.map { Int32($0.freeFrom) }))\(seats),
                    \(UnitPricing.arrays(listings.map(\.pricing)))
            ) AS new (id, title, price, currency, offered, split_set, \(ShowDetails.columns), withdrawn, taken_down,
                suspended, version, held, next_unit, free_from\(seatColumns), \(UnitPricing.columns))
            WHERE tickets.id = new.id
            """
    }

    /// Updates only the counters: most changes concern nothing else.
    private func updateCounters(_ listings: [ListingCopy]) -> SQL? {
        guard !listings.isEmpty else { return nil }
        return """
            UPDATE orders.tickets SET held = new.held, next_unit = new.next_unit, free_from = new.free_from
            FROM (
                SELECT
                    unnest(\(listings.map(\.id))), unnest(\(listings.map { Int32($0.held) })),
                    unnest(\(listings.map { Int32($0.nextUnit) })), unnest(\(listings.map { Int32($0.freeFrom) }))
            ) AS new (id, held, next_unit, free_from)
            WHERE tickets.id = new.id
            """
    }

    private func insert(_ orders: [OrderState]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        let hasSeats = orders.contains { $0.units != nil }
        let seatColumns: SQL = hasSeats ? ", \(OrderState.seatColumns)" : ""
        let seats: SQL =
            hasSeats
            ? """
            , unnest(\(orders.map { $0.units.map(ArrayText.of) }))::integer[], \
            unnest(\(orders.map { $0.seats.map(ArrayText.of) }))::text[]
            """ : ""
        // If there are no fees, the statement has six fewer columns.
        let isPriced = orders.contains { $0.pricing != nil }
        let pricingColumns: SQL = isPriced ? ", \(UnitPricing.columns)" : ""
        let pricing: SQL = isPriced ? ", \(UnitPricing.arrays(orders.map(\.pricing)))" : ""
        return """
            INSERT INTO orders.orders (\(OrderState.columnsWithoutSeats)\(seatColumns)\(pricingColumns))
            SELECT
                unnest(\(orders.map(\.id))), unnest(\(orders.map(\.userId))), unnest(\(orders.map(\.ticketId))),
                unnest(\(orders.map(\.ticketTitle))), \(ShowDetails.arrays(orders.map(\.details))),
                unnest(\(orders.map { Int32($0.quantity) })), unnest(\(orders.map(\.price))),
                unnest(\(orders.map(\.total))), unnest(\(orders.map(\.currency.rawValue))),
                unnest(\(orders.map(\.status.rawValue))), unnest(\(orders.map(\.reason?.rawValue))),
                unnest(\(orders.map { $0.attempt.map(Int32.init) })), unnest(\(orders.map(\.frozenAt))),
                unnest(\(orders.map(\.expiresAt))),
                unnest(\(orders.map(\.createdAt))), unnest(\(orders.map(\.updatedAt))),
                unnest(\(orders.map(\.version)))\(seats)\(pricing)
            """
    }

    private func update(_ orders: [OrderState]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            UPDATE orders.orders SET status = new.status, reason = new.reason, attempt = new.attempt,
                frozen_at = new.frozen_at, updated_at = new.updated_at, version = new.version
            FROM (
                SELECT
                    unnest(\(orders.map(\.id))), unnest(\(orders.map(\.status.rawValue))),
                    unnest(\(orders.map(\.reason?.rawValue))), unnest(\(orders.map { $0.attempt.map(Int32.init) })),
                    unnest(\(orders.map(\.frozenAt))), unnest(\(orders.map(\.updatedAt))),
                    unnest(\(orders.map(\.version)))
            ) AS new (id, status, reason, attempt, frozen_at, updated_at, version)
            WHERE orders.id = new.id
            """
    }

    private func deleteAllocations(of orders: [OrderID]) -> SQL? {
        orders.isEmpty ? nil : "DELETE FROM orders.allocations WHERE order_id = ANY(\(orders))"
    }

    private func insert(_ allocations: [Allocation]) -> SQL? {
        guard !allocations.isEmpty else { return nil }
        return """
            INSERT INTO orders.allocations (ticket_id, unit, order_id)
            SELECT
                unnest(\(allocations.map(\.ticketId))), unnest(\(allocations.map { Int32($0.unit) })),
                unnest(\(allocations.map(\.orderId)))
            """
    }

    private func deleteFree(_ units: [(ticketId: ListingID, unit: Int)]) -> SQL? {
        guard !units.isEmpty else { return nil }
        return """
            DELETE FROM orders.free_units
            USING (
                SELECT
                    unnest(\(units.map(\.ticketId))), unnest(\(units.map { Int32($0.unit) }))
            ) AS taken (ticket_id, unit)
            WHERE free_units.ticket_id = taken.ticket_id AND free_units.unit = taken.unit
            """
    }

    private func insertFree(_ units: [(ticketId: ListingID, unit: Int)]) -> SQL? {
        guard !units.isEmpty else { return nil }
        return """
            INSERT INTO orders.free_units (ticket_id, unit)
            SELECT
                unnest(\(units.map(\.ticketId))), unnest(\(units.map { Int32($0.unit) }))
            """
    }
}
