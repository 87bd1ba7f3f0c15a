import Marketplace
import PostgresClient
import Storage

extension Listing {
    static let columns: SQL = "\(columnsWithoutSeats), \(seatColumns)"

    /// The columns that a listing without seats stores.
    static let columnsWithoutSeats: SQL = """
        id, seller_id, title, price, \(UnitPricing.columns), currency, quantity, split_rule, performance_id, \
        \(ShowDetails.columns), \
        withdrawn, \(TakeDown.columns), \(Suspension.columns), version, held, sold, performance_version, \
        policy_seen, created_at, updated_at
        """

    static let seatColumns: SQL = "\([Seat].columns), free_mask"

    init(row: PostgresRow) throws {
        let state = ListingState(
            id: try row.decode("id", as: ListingID.self), sellerId: try row.decode("seller_id", as: UserID.self),
            title: try row.decode("title", as: String.self), price: try row.decode("price", as: Int64.self),
            currency: try row.known("currency", Currency.init), pricing: try UnitPricing(row: row),
            quantity: try row.decode("quantity", as: Int.self),
            splitRule: try SplitRule(row: row), seats: try [Seat](row: row),
            performanceId: try row.decode("performance_id", as: PerformanceID?.self),
            details: try ShowDetails(row: row),
            withdrawn: try row.decode("withdrawn", as: Bool.self), takenDown: try TakeDown(row: row),
            suspended: try Suspension(row: row), version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self))
        self.init(
            state: state, held: try row.decode("held", as: Int.self), sold: try row.decode("sold", as: Int.self),
            performanceVersion: try row.decode("performance_version", as: Int64?.self),
            free: try row.decode("free_mask", as: Int64?.self).map(UInt64.init(bitPattern:)),
            policySeen: try row.decode("policy_seen", as: Int64?.self))
    }
}

extension SplitRule {
    /// The rule in the column `split_rule`, or nil if there is none.
    init?(row: PostgresRow) throws {
        guard try row.decode("split_rule", as: String?.self) != nil else { return nil }
        self = try row.known("split_rule", SplitRule.init(rawValue:))
    }
}

extension CountedOrder {
    static let columns: SQL = "order_id, ticket_id, quantity, status, version, units, user_id"

    init(row: PostgresRow) throws {
        self.init(
            orderId: try row.decode("order_id", as: OrderID.self),
            ticketId: try row.decode("ticket_id", as: ListingID.self),
            quantity: try row.decode("quantity", as: Int.self), status: try row.known("status", OrderState.Status.init),
            version: try row.decode("version", as: Int64.self), units: try row.decode("units", as: [Int]?.self),
            userId: try row.decode("user_id", as: UserID?.self))
    }
}
