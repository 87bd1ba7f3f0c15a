@testable import Marketplace

extension OrdersDecider {
    /// A decider with listing 1 (three units, by seller 90), buyers 1 and 2, and the given orders, which have the first
    /// units.
    static func of(
        listing: ListingCopy? = .sample(), orders: [OrderState] = [], free: [Int] = [],
        buyer: UserState.Status? = .active
    ) -> OrdersDecider {
        var allocations: [Allocation] = []
        for order in orders where order.status != .cancelled {
            for _ in 0..<order.quantity {
                allocations.append(
                    Allocation(ticketId: order.ticketId, unit: allocations.count + 1, orderId: order.id))
            }
        }
        var listing = listing
        listing?.held = allocations.count
        listing?.nextUnit = 1 + allocations.count + free.count
        let buyers = buyer.map { [UserCopy(id: .n(1), status: $0, version: 3)] } ?? []
        return OrdersDecider(
            users: buyers + [UserCopy(id: .n(2), status: .active, version: 1)], listings: listing.map { [$0] } ?? [],
            orders: orders, allocations: allocations, free: free.isEmpty ? [:] : [.n(1): free], rules: OrdersRules())
    }

    var isUnchanged: Bool {
        upsertedUsers.isEmpty && insertedListings.isEmpty && updatedListings.isEmpty && insertedOrders.isEmpty
            && updatedOrders.isEmpty && units.releasedOrders.isEmpty && units.insertedAllocations.isEmpty
            && units.deletedFreeUnits.isEmpty
            && units.insertedFreeUnits.isEmpty
    }

    var allocatedUnits: [Int] { units.insertedAllocations.map(\.unit) }
    var takenFreeUnits: [Int] { units.deletedFreeUnits.map(\.unit) }
    var releasedUnits: [Int] { units.insertedFreeUnits.map(\.unit) }

    mutating func send(
        _ command: OrdersCommand, id: UInt64 = 50, by actor: Actor = .user(.n(1)), at now: Timestamp = Fixture.now
    ) -> Decision {
        decide(.command(Fixture.head(id, by: actor), command), now: now)
    }

    mutating func receive(_ event: OrdersEvent, at now: Timestamp = Fixture.now) -> Decision {
        decide(.event(Fixture.eventHead(), event), now: now)
    }
}

extension ListingCopy {
    static func sample(_ state: ListingState = Fixture.listing(version: 3)) -> ListingCopy { ListingCopy(state) }
}

extension OrdersCommand {
    static func create(
        _ quantity: Int = 1, price: Int64? = nil, currency: Currency? = nil, ticketVersion: Int64 = 3,
        userVersion: Int64 = 3
    ) -> OrdersCommand {
        .createOrder(
            CreateOrder(
                ticketId: .n(1), quantity: quantity, price: price, currency: currency, ticketVersion: ticketVersion,
                userVersion: userVersion))
    }
}

extension PaymentEvent {
    static func of(_ kind: Kind, _ order: OrderState, attempt: Int = 1, amount: Int64? = nil) -> PaymentEvent {
        PaymentEvent(
            kind: kind, orderId: order.id, attempt: attempt, amount: amount ?? order.total, currency: order.currency,
            paymentIntentId: "pi_1", reason: nil)
    }
}
