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
        // What an order's buyer and ticket are never changes, so they can be found before anything is locked.
        if !named.orders.isEmpty {
            let rows = try await transaction.query(
                "SELECT user_id, ticket_id FROM orders.orders WHERE id = ANY(\(named.orders.sorted()))")
            for row in rows {
                named.users.insert(try row.decode("user_id", as: UserID.self))
                named.tickets.insert(try row.decode("ticket_id", as: TicketID.self))
            }
        }
        // Who orders or claims shares the buyer's row; a ban takes it alone, and then sees every order made before.
        let lockUsers = copies.select(named.users, lock: named.toldUsers.isEmpty ? .share : .update)
        var users: [UserCopy] = []
        if !named.bannedUsers.isEmpty {
            let rows = try await transaction.pipeline([
                lockUsers,
                """
                SELECT id, ticket_id FROM orders.orders
                WHERE status = 'awaiting_payment' AND user_id = ANY(\(named.bannedUsers.sorted()))
                """,
            ])
            users = try rows[0].map(UserCopy.init(row:))
            for row in rows[1] {
                named.orders.insert(try row.decode("id", as: OrderID.self))
                named.tickets.insert(try row.decode("ticket_id", as: TicketID.self))
            }
        }

        let rows = try await transaction.pipeline([
            named.bannedUsers.isEmpty ? lockUsers : copies.select([], lock: .share),
            """
            SELECT \(TicketOffer.columns) FROM orders.tickets
            WHERE id = ANY(\(named.tickets.sorted())) ORDER BY id FOR UPDATE
            """,
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE id = ANY(\(named.orders.union(named.newOrders).sorted())) ORDER BY id FOR UPDATE
            """,
            """
            SELECT ticket_id, unit, order_id FROM orders.allocations
            WHERE order_id = ANY(\(named.orders.sorted()))
            """,
            // As many as are asked for, smallest first: looking at all that came back would cost the rush its speed.
            """
            SELECT wanted.ticket_id, free.unit
            FROM unnest(\(named.wanted.map(\.key)), \(named.wanted.map { Int32(clamping: $0.value) }))
                AS wanted (ticket_id, units)
            CROSS JOIN LATERAL (
                SELECT unit FROM orders.free_units WHERE free_units.ticket_id = wanted.ticket_id
                ORDER BY unit LIMIT wanted.units
            ) AS free
            """,
        ])
        users += try rows[0].map(UserCopy.init(row:))
        var free: [TicketID: [Int]] = [:]
        for row in rows[4] {
            free[try row.decode("ticket_id", as: TicketID.self), default: []]
                .append(try row.decode("unit", as: Int.self))
        }
        return OrdersDesk(
            users: users, offers: try rows[1].map(TicketOffer.init(row:)),
            orders: try rows[2].map(OrderState.init(row:)),
            allocations: try rows[3].map(Allocation.init(row:)), free: free, rules: rules)
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
        let changedOffers = desk.changedOffers.subtracting(desk.newOffers).sorted().compactMap { desk.offers[$0] }
        let newOrders = desk.newOrders.sorted().compactMap { desk.orders[$0] }
        let changedOrders = desk.changedOrders.subtracting(desk.newOrders).sorted().compactMap { desk.orders[$0] }
        let writes: [SQL?] = [
            copies.write(desk.changedUsers.compactMap { desk.users[$0] }),
            insert(newOffers), update(changedOffers), insert(newOrders), update(changedOrders),
            deleteAllocations(of: desk.units.removed), insert(desk.units.added),
            deleteFree(desk.units.taken), insertFree(desk.units.returned),
        ]
        return writes.compactMap(\.self)
    }

    private func insert(_ offers: [TicketOffer]) -> SQL? {
        guard !offers.isEmpty else { return nil }
        return """
            INSERT INTO orders.tickets (\(TicketOffer.columns))
            SELECT * FROM unnest(
                \(offers.map(\.id)), \(offers.map(\.sellerId)), \(offers.map(\.title)), \(offers.map(\.price)),
                \(offers.map(\.currency.rawValue)), \(offers.map { Int32($0.offered) }),
                \(EventDetails.arrays(offers.map(\.details))), \(offers.map(\.withdrawn)),
                \(offers.map(\.version)), \(offers.map { Int32($0.held) }), \(offers.map { Int32($0.nextUnit) }))
            """
    }

    private func update(_ offers: [TicketOffer]) -> SQL? {
        guard !offers.isEmpty else { return nil }
        return """
            UPDATE orders.tickets SET title = new.title, price = new.price, currency = new.currency,
                offered = new.offered, \(EventDetails.assignments), withdrawn = new.withdrawn,
                version = new.version, held = new.held, next_unit = new.next_unit
            FROM unnest(
                \(offers.map(\.id)), \(offers.map(\.title)), \(offers.map(\.price)), \(offers.map(\.currency.rawValue)),
                \(offers.map { Int32($0.offered) }), \(EventDetails.arrays(offers.map(\.details))),
                \(offers.map(\.withdrawn)), \(offers.map(\.version)), \(offers.map { Int32($0.held) }),
                \(offers.map { Int32($0.nextUnit) })
            ) AS new (id, title, price, currency, offered, \(EventDetails.columns), withdrawn, version, held, next_unit)
            WHERE tickets.id = new.id
            """
    }

    private func insert(_ orders: [OrderState]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            INSERT INTO orders.orders (\(OrderState.columns))
            SELECT * FROM unnest(
                \(orders.map(\.id)), \(orders.map(\.userId)), \(orders.map(\.ticketId)), \(orders.map(\.ticketTitle)),
                \(EventDetails.arrays(orders.map(\.details))), \(orders.map { Int32($0.quantity) }),
                \(orders.map(\.price)), \(orders.map(\.total)), \(orders.map(\.currency.rawValue)),
                \(orders.map(\.status.rawValue)), \(orders.map(\.reason?.rawValue)),
                \(orders.map { $0.attempt.map(Int32.init) }), \(orders.map(\.expiresAt)), \(orders.map(\.createdAt)),
                \(orders.map(\.updatedAt)), \(orders.map(\.version)))
            """
    }

    private func update(_ orders: [OrderState]) -> SQL? {
        guard !orders.isEmpty else { return nil }
        return """
            UPDATE orders.orders SET status = new.status, reason = new.reason, attempt = new.attempt,
                updated_at = new.updated_at, version = new.version
            FROM unnest(
                \(orders.map(\.id)), \(orders.map(\.status.rawValue)), \(orders.map(\.reason?.rawValue)),
                \(orders.map { $0.attempt.map(Int32.init) }), \(orders.map(\.updatedAt)), \(orders.map(\.version))
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
            SELECT * FROM unnest(
                \(allocations.map(\.ticketId)), \(allocations.map { Int32($0.unit) }), \(allocations.map(\.orderId)))
            """
    }

    private func deleteFree(_ units: [(ticketId: TicketID, unit: Int)]) -> SQL? {
        guard !units.isEmpty else { return nil }
        return """
            DELETE FROM orders.free_units
            USING unnest(\(units.map(\.ticketId)), \(units.map { Int32($0.unit) })) AS taken (ticket_id, unit)
            WHERE free_units.ticket_id = taken.ticket_id AND free_units.unit = taken.unit
            """
    }

    private func insertFree(_ units: [(ticketId: TicketID, unit: Int)]) -> SQL? {
        guard !units.isEmpty else { return nil }
        return """
            INSERT INTO orders.free_units (ticket_id, unit)
            SELECT * FROM unnest(\(units.map(\.ticketId)), \(units.map { Int32($0.unit) }))
            """
    }
}
