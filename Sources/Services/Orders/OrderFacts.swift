package import FoundationEssentials
package import Marketplace
import PostgresClient
package import Storage

extension OrderState: Fact {
    package var factID: UUID { id.uuid }
}

extension ListingCopy: FactCopy {
    package var factID: UUID { id.uuid }
}

extension ServiceFacts where State == OrderState {
    /// The orders, as the orders service announces them.
    package static var orders: ServiceFacts {
        ServiceFacts(
            service: .orders, table: "orders.orders", columns: OrderState.columns, make: { try OrderState(row: $0) })
    }
}

extension CopyTable where Copy == ListingCopy {
    /// The orders service's copies of listings.
    package static var listings: CopyTable {
        CopyTable(
            follower: .orders, table: "orders.tickets", columns: ListingCopy.columns,
            make: { try ListingCopy(row: $0) })
    }
}

extension OrdersHandler {
    /// A handler for repairs of copies. The hold length matters only to new orders, and no repair creates one.
    static var forRepair: OrdersHandler {
        OrdersHandler(store: OrdersStore(rules: OrdersRules(holdLength: OrdersRules.defaultHoldLength)))
    }
}

/// The orders service's copies of listings, for the doctor.
struct ListingCopies: CopyDeclaration {
    let facts = ServiceFacts<ListingState>.listings
    let copies = CopyTable<ListingCopy>.listings

    func isCopy(_ copy: ListingCopy, of state: ListingState) -> Bool { copy.isCopy(of: state) }

    func isClosed(_ copy: ListingCopy) -> Bool { copy.isClosed }

    func close(_ copy: ListingCopy, at now: Timestamp, by decider: DirectDecider) async throws {
        try await decider.decide(.listing(copy.closingState(at: now)), by: OrdersHandler.forRepair)
    }
}
