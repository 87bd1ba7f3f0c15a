public import Marketplace
public import PostgresClient

/// What the API reads of the schema `orders`.
public struct OrderReads: Sendable {
    let pool: PostgresPool
    private let oneAvailability: SharedReads<TicketID, Result<TicketAvailability, any Error>>

    public init(_ pool: PostgresPool) {
        self.pool = pool
        oneAvailability = SharedReads { ids in
            try await pool.query(TicketAvailability.select(ids)).results(by: "id", TicketAvailability.init(row:))
        }
    }

    public func order(_ id: OrderID) async throws -> OrderState? {
        try await pool.query("SELECT \(OrderState.columns) FROM orders.orders WHERE id = \(id)")
            .map(OrderState.init(row:)).first
    }

    /// A buyer's, newest first.
    public func orders(of buyer: UserID, after place: ListPlace?, limit: Int) async throws -> [OrderState] {
        try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE user_id = \(buyer) \(TicketReads.following(place))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).map(OrderState.init(row:))
    }

    /// The newest order of a ticket that a buyer has still to pay.
    public func unpaid(of ticket: TicketID, by buyer: UserID) async throws -> OrderState? {
        try await pool.query(
            """
            SELECT \(OrderState.columns) FROM orders.orders
            WHERE user_id = \(buyer) AND ticket_id = \(ticket) AND status = 'awaiting_payment'
            ORDER BY created_at DESC, id DESC LIMIT 1
            """
        ).map(OrderState.init(row:)).first
    }

    /// Those of the ids that there are, in no order.
    public func orders(_ ids: [OrderID]) async throws -> [OrderState] {
        try await pool.query("SELECT \(OrderState.columns) FROM orders.orders WHERE id = ANY(\(ids))")
            .map(OrderState.init(row:))
    }

    /// What can be had now, of those that the orders service has heard of; in no order.
    public func availability(of tickets: [TicketID]) async throws -> [TicketAvailability] {
        try await pool.query(TicketAvailability.select(tickets)).map(TicketAvailability.init(row:))
    }

    /// What can be had now of one; nil when the orders service has not heard of it. Those who ask at the same time share
    /// a query.
    public nonisolated(nonsending) func availability(of ticket: TicketID) async throws -> TicketAvailability? {
        try await oneAvailability.value(ticket)?.get()
    }
}

extension TicketAvailability {
    fileprivate static func select(_ ids: [TicketID]) -> SQL {
        """
        SELECT id, price, currency, offered, withdrawn, version, held FROM orders.tickets
        WHERE id = ANY(\(ids))
        """
    }

    fileprivate init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: TicketID.self), price: try row.decode("price", as: Int64.self),
            currency: try row.known("currency", Currency.init), offered: try row.decode("offered", as: Int.self),
            withdrawn: try row.decode("withdrawn", as: Bool.self),
            version: try row.decode("version", as: Int64.self), held: try row.decode("held", as: Int.self))
    }
}
