import Marketplace

extension SystemModel {
    /// The initial state: the listing is on sale, and all services know it and the users.
    func initialState() -> SystemState {
        var state = SystemState()
        let users = [Fixture.seller] + Fixture.buyers.prefix(1 + (scenario.plannedOrders.map(\.buyer).max() ?? 0))
        let usersModel = UsersModel(users)
        let states = users.compactMap(usersModel.state)
        let listing = Listing(
            state: ListingState(
                id: Fixture.listing, sellerId: Fixture.seller, title: "Row 7", price: Fixture.price, currency: .usd,
                quantity: scenario.offered, splitRule: scenario.splitRule, withdrawn: false, version: 1,
                createdAt: Fixture.start,
                updatedAt: Fixture.start),
            held: 0, sold: 0)
        state[Part.users] = self.users.id(of: usersModel)
        state[Part.listings] = listings.id(of: ListingsModel(users: states, listing: listing))
        state[Part.orders] = orders.id(of: OrdersModel(users: states))
        state[Part.budget] = scenario.budget
        // The orders service gets the listing as an event, like any other.
        apply(ordersEffect(state, ordersMessages.id(of: .listing(listing.state))), to: &state)
        guard scenario.isOrdered else { return state }
        for number in scenario.plannedOrders.indices { createOrder(number, in: &state) }
        while let message = bags[state[Part.toOrders]].first { deliver(orders: message, in: &state) }
        while let message = bags[state[Part.toListings]].first { deliver(listings: message, in: &state) }
        for number in scenario.plannedOrders.indices {
            while let message = bags[state[Part.toPayments + number]].first {
                deliver(payments: message, number, in: &state)
            }
        }
        return state
    }

    /// Sends the command that creates a planned order, with the versions that the buyer sees.
    func createOrder(_ number: Int, in state: inout SystemState) {
        let planned = scenario.plannedOrders[number]
        state[Part.requested] |= 1 << UInt32(number)
        guard let listing = listings[state[Part.listings]].listings[Fixture.listing]?.state,
            let user = users[state[Part.users]].state(of: Fixture.buyers[planned.buyer])
        else { return }
        let key = OrdersMessage.CreateKey(
            quantity: planned.quantity, price: listing.price, ticketVersion: listing.version, userVersion: user.version)
        let message = ordersMessages.id(of: .create(order: number, buyer: planned.buyer, key))
        state[Part.toOrders] = bags.adding(message, to: state[Part.toOrders])
    }

    /// Delivers a message.
    ///
    /// - Returns: False if the message is deferred. Then nothing has changed.
    @discardableResult
    func deliver(orders message: UInt32, in state: inout SystemState, again: Bool = false) -> Bool {
        let effect = ordersEffect(state, message)
        guard effect.outcomes != [.deferred] else { return false }
        if !again { state[Part.toOrders] = bags.removing(message, from: state[Part.toOrders]) }
        apply(effect, to: &state)
        return true
    }

    @discardableResult
    func deliver(listings message: UInt32, in state: inout SystemState, again: Bool = false) -> Bool {
        let effect = listingsEffect(state, message)
        guard effect.outcome != .deferred else { return false }
        if !again { state[Part.toListings] = bags.removing(message, from: state[Part.toListings]) }
        apply(effect, to: &state)
        return true
    }

    @discardableResult
    func deliver(payments message: UInt32, _ number: Int, in state: inout SystemState, again: Bool = false) -> Bool {
        let effect = paymentsEffect(state, number, .message(paymentsMessages[message]))
        guard effect.outcome != .deferred else { return false }
        if !again {
            state[Part.toPayments + number] = bags.removing(message, from: state[Part.toPayments + number])
        }
        apply(effect, to: &state, number)
        return true
    }
}
