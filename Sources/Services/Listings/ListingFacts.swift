import Engine
package import FoundationEssentials
package import Marketplace
import PostgresClient
package import Storage

extension ListingState: Fact {
    package var factID: UUID { id.uuid }
}

extension CountedOrder: FactCopy {
    package var factID: UUID { orderId.uuid }
}

extension ServiceFacts where State == ListingState {
    /// The listings, as the listings service announces them.
    package static var listings: ServiceFacts {
        ServiceFacts(
            service: .listings, table: "tickets.tickets", columns: Listing.columns,
            make: { try Listing(row: $0).state })
    }
}

extension CopyTable where Copy == CountedOrder {
    /// The listings service's copies of orders, which it counts.
    package static var countedOrders: CopyTable {
        CopyTable(
            follower: .listings, table: "tickets.orders", key: "order_id",
            columns: "order_id, ticket_id, quantity, status, version", make: { try CountedOrder(row: $0) })
    }
}

/// The listings service's copies of orders, for the doctor.
struct CountedOrders: CopyDeclaration {
    let facts = ServiceFacts<OrderState>.orders
    let copies = CopyTable<CountedOrder>.countedOrders

    func isCopy(_ copy: CountedOrder, of state: OrderState) -> Bool { copy.isCopy(of: state) }

    func isClosed(_ copy: CountedOrder) -> Bool { copy.isClosed }

    func close(_ copy: CountedOrder, at now: Timestamp, by decider: DirectDecider) async throws {
        try await decider.decide(.order(copy.closed), by: ListingsHandler())
    }
}
