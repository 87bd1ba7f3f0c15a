import Marketplace

/// What the orders service is told and asked.
enum OrdersMessage: Hashable {
    case user(UserState)
    case ticket(TicketState)
    case payment(PaymentEvent)
    case expired(OrderExpiry)
    case create(order: Int, buyer: Int, CreateKey)
    case cancel(order: Int, buyer: Int)

    /// What a buyer asks for, having seen the listing and their account.
    struct CreateKey: Hashable {
        var quantity: Int
        var price: Int64
        var ticketVersion: Int64
        var userVersion: Int64
    }

    func message(now: Timestamp) -> Message<OrdersCommand, OrdersEvent> {
        let head = EventHead(id: Cast.id(203), version: 1, at: now)
        switch self {
        case .user(let user): return .event(head, .user(user))
        case .ticket(let ticket): return .event(head, .ticket(ticket))
        case .payment(let payment): return .event(head, .payment(payment))
        case .expired(let expiry): return .event(head, .expired(expiry))
        case .create(let order, let buyer, let key):
            let head = CommandHead(
                id: CommandID(Cast.orders[order].uuid), actor: .user(Cast.buyers[buyer]), at: now)
            let command = CreateOrder(
                ticketId: Cast.ticket, quantity: key.quantity, price: key.price, currency: .usd,
                ticketVersion: key.ticketVersion, userVersion: key.userVersion)
            return .command(head, .createOrder(command))
        case .cancel(let order, let buyer):
            let head = CommandHead(id: Cast.id(204), actor: .user(Cast.buyers[buyer]), at: now)
            return .command(head, .cancelOrder(CancelOrder(orderId: Cast.orders[order])))
        }
    }
}
