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

extension PerformanceCopy: FactCopy {
    package var factID: UUID { id.uuid }
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
            columns: CountedOrder.columns, make: { try CountedOrder(row: $0) })
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

extension CopyTable where Copy == PerformanceCopy {
    /// The listings service's copies of performances.
    package static var listedPerformances: CopyTable {
        CopyTable(
            follower: .listings, table: "tickets.performances", columns: PerformanceCopy.columns,
            make: { try PerformanceCopy(row: $0) })
    }
}

/// The listings service's copies of performances, for the doctor.
struct PerformanceCopies: CopyDeclaration {
    let facts = ServiceFacts<PerformanceState>.performances
    let copies = CopyTable<PerformanceCopy>.listedPerformances

    func isCopy(_ copy: PerformanceCopy, of state: PerformanceState) -> Bool { copy.isCopy(of: state) }

    func isClosed(_ copy: PerformanceCopy) -> Bool { copy.isClosed }

    func close(_ copy: PerformanceCopy, at now: Timestamp, by decider: DirectDecider) async throws {
        try await decider.decide(.performance(copy.closed), by: ListingsHandler())
    }
}
