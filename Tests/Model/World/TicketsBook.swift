import Marketplace

/// The schema `tickets`: loads for a desk what the SQL loads, and keeps what it decides.
struct TicketsBook: Hashable {
    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var listings: [TicketID: Listing] = [:]
    private(set) var orders: [OrderID: CountedOrder] = [:]

    init(users: [UserState], listing: Listing) {
        for user in users { self.users[user.id] = UserCopy(user) }
        listings[listing.state.id] = listing
    }

    mutating func decide(
        _ message: TicketsMessage, now: Timestamp
    ) -> (verdict: VerdictKind, events: [TicketState], breaches: [String]) {
        var users: Set<UserID> = []
        var listings: Set<TicketID> = []
        var orders: Set<OrderID> = []
        switch message {
        case .user(let user):
            users.insert(user.id)
            if user.status == .banned {
                listings.formUnion(
                    self.listings.values.filter { $0.state.sellerId == user.id && !$0.state.withdrawn }.map(\.state.id))
            }
        case .order(let order):
            orders.insert(order.id)
            listings.insert(order.ticketId)
        case .change:
            users.insert(Cast.seller)
            listings.insert(Cast.ticket)
        }
        var desk = TicketsDesk(
            users: users.compactMap { self.users[$0] }, listings: listings.compactMap { self.listings[$0] },
            orders: orders.compactMap { self.orders[$0] })
        let decision = desk.decide(message.message(now: now), now: now)
        for id in desk.changedUsers {
            // As the SQL does: one that is there with a larger version stays.
            if let copy = desk.users[id], (self.users[id]?.version ?? 0) < copy.version { self.users[id] = copy }
        }
        for id in desk.changedListings {
            self.listings[id] = desk.listings[id]
            self.listings[id]?.state.updatedAt = Cast.start
        }
        for id in desk.changedOrders { self.orders[id] = desk.orders[id] }
        let events = decision.events.compactMap { $0.body as? TicketState }.map { state in
            var state = state
            state.updatedAt = Cast.start
            return state
        }
        return (VerdictKind(decision.verdict), events, breaches)
    }

    private var breaches: [String] {
        listings.values.filter { $0.held < 0 || $0.sold < 0 }
            .map { "the listing counts \($0.held) held and \($0.sold) sold" }
    }
}
