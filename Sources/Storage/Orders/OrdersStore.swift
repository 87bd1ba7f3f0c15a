public import Marketplace
public import PostgresClient

/// The schema `orders`: loads what a batch is about, locked, and writes what was decided.
public struct OrdersStore: Sendable {
    private let rules: OrdersRules
    private let copies = UserCopies(schema: "orders")

    public init(rules: OrdersRules) { self.rules = rules }

    public func load(
        _ messages: [Message<OrdersCommand, OrdersEvent>], in transaction: PostgresTransaction
    ) async throws -> OrdersDesk {
        var named = Named(messages)
        var fence: SQL? = copies.fence(isBan: !named.bannedUsers.isEmpty)
        // What an order's buyer and ticket are never changes, so they can be found before anything is locked; and behind
        // the fence a banned buyer makes no more orders.
        if !named.orders.isEmpty || !named.bannedUsers.isEmpty {
            let rows = try await transaction.pipeline(present: [
                fence, buyersAndTickets(of: named.orders), awaiting(of: named.bannedUsers),
            ])
            fence = nil
            for row in rows[1...].joined() {
                named.orders.insert(try row.decode("id", as: OrderID.self))
                named.users.insert(try row.decode("user_id", as: UserID.self))
                named.tickets.insert(try row.decode("ticket_id", as: TicketID.self))
            }
        }
        let rows = try await transaction.pipeline(present: [
            fence, copies.lock(named.toldUsers), copies.select(named.users.subtracting(named.toldUsers)),
            lockTickets(named.tickets), lockOrders(named.orders.union(named.newOrders)), allocations(of: named.orders),
            freeUnits(named.wanted),
        ])
        var free: [TicketID: [Int]] = [:]
        for row in rows[6] {
            free[try row.decode("ticket_id", as: TicketID.self), default: []]
                .append(try row.decode("unit", as: Int.self))
        }
        return OrdersDesk(
            users: try rows[1...2].joined().map(UserCopy.init(row:)), offers: try rows[3].map(TicketOffer.init(row:)),
            orders: try rows[4].map(OrderState.init(row:)),
            allocations: try rows[5].map(Allocation.init(row:)), free: free, rules: rules)
    }

    /// Orders whose hold was over before a moment and that nobody has told to expire.
    public func overdue(before moment: Timestamp, limit: Int) -> SQL {
        """
        SELECT id, expires_at FROM orders.orders
        WHERE status = 'awaiting_payment' AND expires_at < \(moment) ORDER BY expires_at LIMIT \(limit)
        """
    }

    /// The writes of what was decided, in the order of the locks; deletes before the inserts that may take their place.
    public func changes(of desk: OrdersDesk) -> [SQL] {
        let newOffers = desk.newOffers.sorted().compactMap { desk.offers[$0] }
        let retold = desk.offersWithNewFacts.sorted().compactMap { desk.offers[$0] }
        let counted = desk.changedOffers.subtracting(desk.offersWithNewFacts).sorted().compactMap { desk.offers[$0] }
        let newOrders = desk.newOrders.sorted().compactMap { desk.orders[$0] }
        let changedOrders = desk.changedOrders.sorted().compactMap { desk.orders[$0] }
        let writes: [SQL?] = [
            copies.write(desk.changedUsers.compactMap { desk.users[$0] }),
            insert(newOffers), update(retold), count(counted), insert(newOrders), update(changedOrders),
            deleteAllocations(of: desk.units.removed), insert(desk.units.added),
            deleteFree(desk.units.taken), insertFree(desk.units.returned),
        ]
        return writes.compactMap(\.self)
    }

    private func insert(_ offers: [TicketOffer]) -> SQL? {
        guard !offers.isEmpty else { return nil }
        return """
            INSERT INTO orders.tickets (\(TicketOffer.columns))
            SELECT
                unnest(\(offers.map(\.id))), unnest(\(offers.map(\.sellerId))), unnest(\(offers.map(\.title))),
                unnest(\(offers.map(\.price))), unnest(\(offers.map(\.currency.rawValue))),
                unnest(\(offers.map { Int32($0.offered) })), \(EventDetails.arrays(offers.map(\.details))),
                unnest(\(offers.map(\.withdrawn))), unnest(\(offers.map(\.version))),
                unnest(\(offers.map { Int32($0.held) })), unnest(\(offers.map { Int32($0.nextUnit) })),
                unnest(\(offers.map { Int32($0.freeFrom) }))
            """
    }

    private func update(_ offers: [TicketOffer]) -> SQL? {
        guard !offers.isEmpty else { return nil }
        return """
            UPDATE orders.tickets SET title = new.title, price = new.price, currency = new.currency,
                offered = new.offered, \(EventDetails.assignments), withdrawn = new.withdrawn,
                version = new.version, held = new.held, next_unit = new.next_unit, free_from = new.free_from
            FROM (
                SELECT
                    unnest(\(offers.map(\.id))), unnest(\(offers.map(\.title))), unnest(\(offers.map(\.price))),
                    unnest(\(offers.map(\.currency.rawValue))), unnest(\(offers.map { Int32($0.offered) })),
                    \(EventDetails.arrays(offers.map(\.details))), unnest(\(offers.map(\.withdrawn))),
                    unnest(\(offers.map(\.version))), unnest(\(offers.map { Int32($0.held) })),
                    unnest(\(offers.map { Int32($0.nextUnit) })), unnest(\(offers.map { Int32($0.freeFrom) }))
            ) AS new (id, title, price, currency, offered, \(EventDetails.columns), withdrawn, version, held, next_unit,
                free_from)
            WHERE tickets.id = new.id
            """
    }

    /// Most changes are of an order's, and of what is counted alone.
    private func count(_ offers: [TicketOffer]) -> SQL? {
        guard !offers.isEmpty else { return nil }
        return """
            UPDATE orders.tickets SET held = new.held, next_unit = new.next_unit, free_from = new.free_from
            FROM (
                SELECT
                    unnest(\(offers.map(\.id))), unnest(\(offers.map { Int32($0.held) })),
                    unnest(\(offers.map { Int32($0.nextUnit) })), unnest(\(offers.map { Int32($0.freeFrom) }))
            ) AS new (id, held, next_unit, free_from)
            WHERE tickets.id = new.id
            """
    }

    private func insert(_ orders: [OrderState]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            INSERT INTO orders.orders (\(OrderState.columns))
            SELECT
                unnest(\(orders.map(\.id))), unnest(\(orders.map(\.userId))), unnest(\(orders.map(\.ticketId))),
                unnest(\(orders.map(\.ticketTitle))), \(EventDetails.arrays(orders.map(\.details))),
                unnest(\(orders.map { Int32($0.quantity) })), unnest(\(orders.map(\.price))),
                unnest(\(orders.map(\.total))), unnest(\(orders.map(\.currency.rawValue))),
                unnest(\(orders.map(\.status.rawValue))), unnest(\(orders.map(\.reason?.rawValue))),
                unnest(\(orders.map { $0.attempt.map(Int32.init) })), unnest(\(orders.map(\.expiresAt))),
                unnest(\(orders.map(\.createdAt))), unnest(\(orders.map(\.updatedAt))),
                unnest(\(orders.map(\.version)))
            """
    }

    private func update(_ orders: [OrderState]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            UPDATE orders.orders SET status = new.status, reason = new.reason, attempt = new.attempt,
                updated_at = new.updated_at, version = new.version
            FROM (
                SELECT
                    unnest(\(orders.map(\.id))), unnest(\(orders.map(\.status.rawValue))),
                    unnest(\(orders.map(\.reason?.rawValue))), unnest(\(orders.map { $0.attempt.map(Int32.init) })),
                    unnest(\(orders.map(\.updatedAt))), unnest(\(orders.map(\.version)))
            ) AS new (id, status, reason, attempt, updated_at, version)
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

    private func deleteFree(_ units: [(ticketId: TicketID, unit: Int)]) -> SQL? {
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

    private func insertFree(_ units: [(ticketId: TicketID, unit: Int)]) -> SQL? {
        guard !units.isEmpty else { return nil }
        return """
            INSERT INTO orders.free_units (ticket_id, unit)
            SELECT
                unnest(\(units.map(\.ticketId))), unnest(\(units.map { Int32($0.unit) }))
            """
    }
}
