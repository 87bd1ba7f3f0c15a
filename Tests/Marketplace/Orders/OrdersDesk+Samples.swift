@testable import Marketplace

extension OrdersDesk {
    /// A listing (1) of three units by 90, buyers 1 and 2, and orders that hold what they have from unit 1 on.
    static func of(
        offer: TicketOffer? = .sample(), orders: [OrderState] = [], free: [Int] = [],
        buyer: UserState.Status? = .active
    ) -> OrdersDesk {
        var allocations: [Allocation] = []
        for order in orders where order.status != .cancelled {
            for _ in 0..<order.quantity {
                allocations.append(
                    Allocation(ticketId: order.ticketId, unit: allocations.count + 1, orderId: order.id))
            }
        }
        var offer = offer
        offer?.held = allocations.count
        offer?.nextUnit = 1 + allocations.count + free.count
        let buyers = buyer.map { [UserCopy(id: .n(1), status: $0, version: 3)] } ?? []
        return OrdersDesk(
            users: buyers + [UserCopy(id: .n(2), status: .active, version: 1)], offers: offer.map { [$0] } ?? [],
            orders: orders, allocations: allocations, free: free.isEmpty ? [:] : [.n(1): free], rules: OrdersRules())
    }

    var isUnchanged: Bool {
        changedUsers.isEmpty && newOffers.isEmpty && changedOffers.isEmpty && newOrders.isEmpty
            && changedOrders.isEmpty && units.removed.isEmpty && units.added.isEmpty && units.taken.isEmpty
            && units.returned.isEmpty
    }

    var added: [Int] { units.added.map(\.unit) }
    var taken: [Int] { units.taken.map(\.unit) }
    var returned: [Int] { units.returned.map(\.unit) }

    mutating func ask(
        _ command: OrdersCommand, id: UInt64 = 50, by actor: Actor = .user(.n(1)), at now: Timestamp = Sample.now
    ) -> Decision {
        decide(.command(Sample.head(id, by: actor), command), now: now)
    }

    mutating func tell(_ event: OrdersEvent, at now: Timestamp = Sample.now) -> Decision {
        decide(.event(Sample.eventHead(), event), now: now)
    }
}

extension TicketOffer {
    static func sample(_ state: TicketState = Sample.ticket(version: 3)) -> TicketOffer { TicketOffer(state) }
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
