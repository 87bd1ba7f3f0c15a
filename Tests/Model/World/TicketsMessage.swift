import Marketplace

/// What the tickets service is told, and asked by the seller.
enum TicketsMessage: Hashable {
    case user(UserState)
    case order(OrderState)
    case change(Scenario.SellerChange, userVersion: Int64)

    func message(now: Timestamp) -> Message<TicketsCommand, TicketsEvent> {
        let head = EventHead(id: Cast.id(201), version: 1, at: now)
        switch self {
        case .user(let user): return .event(head, .user(user))
        case .order(let order): return .event(head, .order(order))
        case .change(let change, let version):
            var command = ChangeTicket(ticketId: Cast.ticket, userVersion: version)
            switch change {
            case .quantity(let quantity): command.quantity = quantity
            case .price(let price): command.price = price
            case .withdrawn(let isWithdrawn): command.withdrawn = isWithdrawn
            }
            let head = CommandHead(id: Cast.id(202), actor: .user(Cast.seller), at: now)
            return .command(head, .changeTicket(command))
        }
    }
}
