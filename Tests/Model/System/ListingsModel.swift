import Marketplace

/// A model of the schema `tickets`: it loads and stores the same rows as the SQL of the listings service.
struct ListingsModel: Hashable {
    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var listings: [ListingID: Listing] = [:]
    private(set) var orders: [OrderID: CountedOrder] = [:]
    private(set) var work: Set<Work> = []

    init(users: [UserState], listing: Listing) {
        for user in users { self.users[user.id] = UserCopy(user) }
        listings[listing.state.id] = listing
    }

    mutating func decide(
        _ message: ListingsMessage, now: Timestamp
    ) -> (outcome: OutcomeKind, events: [ListingState], breaches: [String]) {
        var users: Set<UserID> = []
        var listings: Set<ListingID> = []
        var orders: Set<OrderID> = []
        switch message {
        case .user(let user): users.insert(user.id)
        case .withdrawListings(let slice):
            let seller = UserID(slice.work.subject)
            users.insert(seller)
            listings.formUnion(
                self.listings.values.filter { $0.state.sellerId == seller && !$0.state.withdrawn }.map(\.state.id))
        case .order(let order):
            orders.insert(order.id)
            listings.insert(order.ticketId)
        case .change:
            users.insert(Fixture.seller)
            listings.insert(Fixture.listing)
        }
        var state = ListingsDecider(
            users: users.compactMap { self.users[$0] }, listings: listings.compactMap { self.listings[$0] },
            orders: orders.compactMap { self.orders[$0] })
        let decision = state.decide(message.message(now: now), now: now)
        for id in state.upsertedUsers {
            // Like the SQL, keep the stored copy unless the new one has a larger version.
            if let copy = state.users[id], (self.users[id]?.version ?? 0) < copy.version { self.users[id] = copy }
        }
        for id in state.updatedListings {
            self.listings[id] = state.listings[id]
            self.listings[id]?.state.updatedAt = Fixture.start
        }
        work = work.union(state.work.started).subtracting(state.work.ended)
        for id in state.upsertedOrders { self.orders[id] = state.orders[id] }
        let events = decision.events.compactMap { $0.body as? ListingState }.map { event in
            var event = event
            event.updatedAt = Fixture.start
            return event
        }
        return (OutcomeKind(decision.outcome), events, breaches)
    }

    private var breaches: [String] {
        listings.values.filter { $0.held < 0 || $0.sold < 0 }
            .map { "the listing counts \($0.held) held and \($0.sold) sold" }
    }
}
