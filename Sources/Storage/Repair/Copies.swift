public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// What a service keeps of another's things, read in pages.
public struct Copies<Copy: Sendable>: Sendable {
    public let follower: Service
    let table: SQL
    let key: SQL
    let columns: SQL
    let make: @Sendable (PostgresRow) throws -> Copy
    public let id: @Sendable (Copy) -> UUID
    public let version: @Sendable (Copy) -> Int64

    /// Those after an id, in the order of their ids.
    public func page(
        after id: UUID?, limit: Int, on session: some PostgresQueryable
    ) async throws -> [Copy] {
        let condition: SQL = if let id { "WHERE \(key) > \(id)" } else { "" }
        return try await session.query("SELECT \(columns) FROM \(table) \(condition) ORDER BY \(key) LIMIT \(limit)")
            .map(make)
    }

    public func find(_ ids: [UUID], on session: some PostgresQueryable) async throws -> [UUID: Copy] {
        guard !ids.isEmpty else { return [:] }
        let copies = try await session.query("SELECT \(columns) FROM \(table) WHERE \(key) = ANY(\(ids))").map(make)
        return Dictionary(uniqueKeysWithValues: copies.map { (id($0), $0) })
    }
}

extension Copies where Copy == UserCopy {
    public static func users(of follower: Service) -> Copies {
        Copies(
            follower: follower, table: "\(identifier: follower.rawValue).users", key: "id",
            columns: "id, status, version", make: { try UserCopy(row: $0) }, id: \.id.uuid, version: \.version)
    }
}

extension Copies where Copy == TicketOffer {
    public static var offers: Copies {
        Copies(
            follower: .orders, table: "orders.tickets", key: "id", columns: TicketOffer.columns,
            make: { try TicketOffer(row: $0) }, id: \.id.uuid, version: \.version)
    }
}

extension Copies where Copy == CountedOrder {
    public static var countedOrders: Copies {
        Copies(
            follower: .tickets, table: "tickets.orders", key: "order_id",
            columns: "order_id, ticket_id, quantity, status, version", make: { try CountedOrder(row: $0) },
            id: \.orderId.uuid, version: \.version)
    }
}

extension Copies where Copy == PayableOrder {
    public static var payableOrders: Copies {
        Copies(
            follower: .payments, table: "payments.orders", key: "id", columns: PayableOrder.columns,
            make: { try PayableOrder(row: $0) }, id: \.id.uuid, version: \.version)
    }
}
