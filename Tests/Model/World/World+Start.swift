import Marketplace

extension World {
    /// The listing is on sale and known everywhere, and so are the users.
    func start() -> WorldState {
        var state = WorldState()
        let people = [Cast.seller] + Cast.buyers.prefix(1 + (scenario.wishes.map(\.buyer).max() ?? 0))
        let usersBook = UsersBook(people)
        let states = people.compactMap(usersBook.state)
        let listing = Listing(
            state: TicketState(
                id: Cast.ticket, sellerId: Cast.seller, title: "Row 7", price: Cast.price, currency: .usd,
                quantity: scenario.offered, withdrawn: false, version: 1, createdAt: Cast.start, updatedAt: Cast.start),
            held: 0, sold: 0)
        state[Part.users] = users.id(of: usersBook)
        state[Part.tickets] = tickets.id(of: TicketsBook(users: states, listing: listing))
        state[Part.orders] = orders.id(of: OrdersBook(users: states))
        state[Part.budget] = scenario.budget
        // The orders service hears of the listing as of any other.
        apply(ordersEffect(state, ordersMessages.id(of: .ticket(listing.state))), to: &state)
        guard scenario.isOrdered else { return state }
        for number in scenario.wishes.indices { ask(number, in: &state) }
        while let message = bags[state[Part.toOrders]].first { takeIn(orders: message, in: &state) }
        while let message = bags[state[Part.toTickets]].first { takeIn(tickets: message, in: &state) }
        for number in scenario.wishes.indices {
            while let message = bags[state[Part.toFile + number]].first { takeIn(file: message, number, in: &state) }
        }
        return state
    }

    /// The API sends a buyer's wish on, with what it has seen.
    func ask(_ number: Int, in state: inout WorldState) {
        let wish = scenario.wishes[number]
        state[Part.asked] |= 1 << UInt32(number)
        guard let listing = tickets[state[Part.tickets]].listings[Cast.ticket]?.state,
            let user = users[state[Part.users]].state(of: Cast.buyers[wish.buyer])
        else { return }
        let key = OrdersMessage.CreateKey(
            quantity: wish.quantity, price: listing.price, ticketVersion: listing.version, userVersion: user.version)
        let message = ordersMessages.id(of: .create(order: number, buyer: wish.buyer, key))
        state[Part.toOrders] = bags.adding(message, to: state[Part.toOrders])
    }

    /// - Returns: false where it is put off: then nothing has changed.
    @discardableResult
    func takeIn(orders message: UInt32, in state: inout WorldState, again: Bool = false) -> Bool {
        let effect = ordersEffect(state, message)
        guard effect.verdicts != [.putOff] else { return false }
        if !again { state[Part.toOrders] = bags.removing(message, from: state[Part.toOrders]) }
        apply(effect, to: &state)
        return true
    }

    @discardableResult
    func takeIn(tickets message: UInt32, in state: inout WorldState, again: Bool = false) -> Bool {
        let effect = ticketsEffect(state, message)
        guard effect.verdict != .putOff else { return false }
        if !again { state[Part.toTickets] = bags.removing(message, from: state[Part.toTickets]) }
        apply(effect, to: &state)
        return true
    }

    @discardableResult
    func takeIn(file message: UInt32, _ number: Int, in state: inout WorldState, again: Bool = false) -> Bool {
        let effect = fileEffect(state, number, .message(fileMessages[message]))
        guard effect.verdict != .putOff else { return false }
        if !again {
            state[Part.toFile + number] = bags.removing(message, from: state[Part.toFile + number])
        }
        apply(effect, to: &state, number)
        return true
    }
}
