import Marketplace

/// A message to the orders service.
enum OrdersMessage: Hashable {
    case user(UserState)
    case listing(ListingState)
    case payment(PaymentEvent)
    case expired(PreviousBuildExpiry)
    case create(order: Int, buyer: Int, CreateKey)
    case cancel(order: Int, buyer: Int)
    case endHolds(WorkSlice)

    /// The content of a buyer's command, with the versions that the buyer saw.
    struct CreateKey: Hashable {
        var quantity: Int
        var price: Int64
        var ticketVersion: Int64
        var userVersion: Int64
    }

    func message(now: Timestamp) -> Message<OrdersCommand, OrdersEvent> {
        let head = EventHead(id: Fixture.id(203), version: 1, at: now)
        switch self {
        case .user(let user): return .event(head, .user(user))
        case .listing(let listing): return .event(head, .listing(listing))
        case .payment(let payment): return .event(head, .payment(payment))
        case .expired(let expiry): return .event(head, .expired(expiry))
        case .endHolds(let slice): return .event(head, .endHolds(slice))
        case .create(let order, let buyer, let key):
            let head = CommandHead(
                id: CommandID(Fixture.orders[order].uuid), actor: .user(Fixture.buyers[buyer]), at: now)
            let command = CreateOrder(
                ticketId: Fixture.listing, quantity: key.quantity, price: key.price, currency: .usd,
                ticketVersion: key.ticketVersion, userVersion: key.userVersion)
            return .command(head, .createOrder(command))
        case .cancel(let order, let buyer):
            let head = CommandHead(id: Fixture.id(204), actor: .user(Fixture.buyers[buyer]), at: now)
            return .command(head, .cancelOrder(CancelOrder(orderId: Fixture.orders[order])))
        }
    }
}
