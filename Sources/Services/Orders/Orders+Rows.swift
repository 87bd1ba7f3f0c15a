import Marketplace
import PostgresClient
import Storage

extension OrderState {
    /// The columns that an order without seats and fees stores.
    static let columnsWithoutSeats: SQL = """
        id, user_id, ticket_id, ticket_title, \(ShowDetails.columns), quantity, price, total, currency, status, \
        reason, attempt, frozen_at, expires_at, created_at, updated_at, version
        """

    static let seatColumns: SQL = "units, seats"

    static let columns: SQL = "\(columnsWithoutSeats), \(seatColumns), \(UnitPricing.columns)"

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: OrderID.self), userId: try row.decode("user_id", as: UserID.self),
            ticketId: try row.decode("ticket_id", as: ListingID.self),
            ticketTitle: try row.decode("ticket_title", as: String.self), details: try ShowDetails(row: row),
            quantity: try row.decode("quantity", as: Int.self), units: try row.decode("units", as: [Int]?.self),
            seats: try row.decode("seats", as: [String]?.self), price: try row.decode("price", as: Int64.self),
            pricing: try UnitPricing(row: row), total: try row.decode("total", as: Int64.self),
            currency: try row.known("currency", Currency.init),
            status: try row.known("status", Status.init),
            reason: try row.decode("reason", as: String?.self).map(Reason.init(rawValue:)),
            attempt: try row.decode("attempt", as: Int?.self),
            frozenAt: try row.decode("frozen_at", as: Timestamp?.self),
            expiresAt: try row.decode("expires_at", as: Timestamp.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self),
            version: try row.decode("version", as: Int64.self))
    }
}

extension ListingCopy {
    static let columns: SQL = "\(columnsWithoutSeats), \(seatColumns)"

    /// The columns that a copy of a listing without seats stores.
    static let columnsWithoutSeats: SQL = """
        id, seller_id, title, price, currency, offered, split_set, \(ShowDetails.columns), withdrawn, \
        taken_down, suspended, version, held, next_unit, free_from, \(UnitPricing.columns)
        """

    static let seatColumns: SQL = "performance_id, \([Seat].columns)"

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: ListingID.self), sellerId: try row.decode("seller_id", as: UserID.self),
            title: try row.decode("title", as: String.self), price: try row.decode("price", as: Int64.self),
            pricing: try UnitPricing(row: row),
            currency: try row.known("currency", Currency.init), offered: try row.decode("offered", as: Int.self),
            splitSet: try QuantitySet(row: row), seats: try [Seat](row: row),
            performanceId: try row.decode("performance_id", as: PerformanceID?.self),
            details: try ShowDetails(row: row),
            withdrawn: try row.decode("withdrawn", as: Bool.self),
            isTakenDown: try row.decode("taken_down", as: Bool.self),
            suspended: try row.decode("suspended", as: String?.self).map(Suspension.Reason.init(rawValue:)),
            version: try row.decode("version", as: Int64.self),
            held: try row.decode("held", as: Int.self), nextUnit: try row.decode("next_unit", as: Int.self),
            freeFrom: try row.decode("free_from", as: Int.self))
    }
}

extension QuantitySet {
    /// The set in the column `split_set`, or nil if there is none.
    init?(row: PostgresRow) throws {
        guard let bits = try row.decode("split_set", as: Int64?.self) else { return nil }
        self.init(bits: UInt64(bitPattern: bits))
    }

    /// The value of the column `split_set`.
    var stored: Int64 { Int64(bitPattern: bits) }
}

extension Allocation {
    init(row: PostgresRow) throws {
        self.init(
            ticketId: try row.decode("ticket_id", as: ListingID.self), unit: try row.decode("unit", as: Int.self),
            orderId: try row.decode("order_id", as: OrderID.self))
    }
}
