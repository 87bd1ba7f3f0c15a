import FoundationEssentials
import Marketplace

/// The fixed ids and values of all scenarios.
enum Fixture {
    static let start = Timestamp(seconds: 1_800_000_000)
    static let hold = OrdersRules.defaultHoldLength
    static let price: Int64 = 2500

    static let seller: UserID = id(90)
    static let buyers: [UserID] = [id(1), id(2)]
    static let listing: ListingID = id(50)
    /// The order ids, by number. An order's id is the id of the command that creates the order.
    static let orders: [OrderID] = [id(101), id(102)]

    static func number(of order: OrderID) -> Int? { orders.firstIndex(of: order) }

    static func id<Thing>(_ number: UInt8) -> Identifier<Thing> {
        Identifier(UUID(uuid: (1, 0x98, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number)))
    }

    static func name(of user: UserID) -> String {
        user == seller ? "the seller" : "buyer \((buyers.firstIndex(of: user) ?? -1) + 1)"
    }
}
