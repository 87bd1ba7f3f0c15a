import Marketplace

/// A message to the listings service.
enum ListingsMessage: Hashable {
    case user(UserState)
    case order(OrderState)
    case withdrawListings(WorkSlice)
    case change(Scenario.SellerChange, userVersion: Int64)

    func message(now: Timestamp) -> Message<ListingsCommand, ListingsEvent> {
        let head = EventHead(id: Fixture.id(201), version: 1, at: now)
        switch self {
        case .user(let user): return .event(head, .user(user))
        case .order(let order): return .event(head, .order(CountedOrder(order)))
        case .withdrawListings(let slice): return .event(head, .withdrawListings(slice))
        case .change(let change, let version):
            var command = ChangeListing(ticketId: Fixture.listing, userVersion: version)
            switch change {
            case .quantity(let quantity): command.quantity = quantity
            case .price(let price): command.price = price
            case .withdrawn(let isWithdrawn): command.withdrawn = isWithdrawn
            case .splitRule(let rule): command.splitRule = rule
            }
            let head = CommandHead(id: Fixture.id(202), actor: .user(Fixture.seller), at: now)
            return .command(head, .changeListing(command))
        }
    }
}
