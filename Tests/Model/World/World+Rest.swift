import Marketplace

// What must hold where nothing is under way any more.
extension World {
    /// - Parameter state: one in which the system has nothing to do until someone does something or time passes.
    func judgeRest(_ state: WorldState) {
        let isLast = state[Part.clock] == lastMoment
        for number in scenario.wishes.indices { judgeRest(number, state, isLast: isLast) }
        judgeCopies(state)
        let usersBook = users[state[Part.users]]
        let ordersBook = orders[state[Part.orders]]
        for order in ordersBook.orders.values where order.status == .awaitingPayment {
            if usersBook.state(of: order.userId)?.status == .banned {
                blame("at rest a banned buyer has an unpaid order")
            }
            if isLast { blame("in the end an order is unpaid and holds its units") }
        }
        let waiting =
            [state[Part.toOrders], state[Part.toTickets]] + scenario.wishes.indices.map { state[Part.toFile + $0] }
        if waiting.contains(where: { $0 != Bags.empty }) { blame("at rest a message is never taken in") }
    }

    private func judgeRest(_ number: Int, _ state: WorldState, isLast: Bool) {
        let file = files[state[Part.file + number]]
        let stripe = stripes[state[Part.stripe + number]]
        let pages = stripe.pages
        if !file.waiters.isEmpty { blame("at rest somebody still waits for a page") }
        guard let order = orders[state[Part.orders]].state(of: number) else { return }
        let known = Set(file.attempts.compactMap(\.sessionId))
        for page in pages {
            // Of one that nobody was told of nothing can come, and Stripe closes it.
            if !known.contains(page.id) {
                if isLast, page.status == .open || page.money != .none {
                    blame("in the end a lost page is \(page.status)")
                }
                if case .done = stripe.answer(under: page.key, now: time(of: state)) {
                    blame("at rest nobody knows of a page, and its key would tell")
                }
                continue
            }
            let isClaimed = order.attempt == page.attempt
            let isRight =
                switch order.status {
                case .awaitingPayment: page.isDead || page.status == .open || page.money == .givenBack
                case .confirmed: false
                case .complete: isClaimed ? page.money == .taken : page.isDead || page.money == .givenBack
                case .cancelled: page.isDead || page.money == .givenBack
                case .refunded: isClaimed ? page.money == .givenBack : page.isDead || page.money == .givenBack
                }
            if !isRight {
                blame("at rest the order is \(order.status), page \(page.id) \(page.status), its money \(page.money)")
            }
        }
        if order.status == .confirmed { blame("at rest the order is claimed and not paid") }
        if order.status == .complete || order.status == .refunded,
            !pages.contains(where: { $0.attempt == order.attempt })
        {
            blame("at rest the order is \(order.status) and was paid nowhere")
        }
        for attempt in file.attempts where !attempt.state.isFinal {
            let isWanted = order.status == .awaitingPayment || order.attempt == attempt.number
            if !isWanted {
                blame(
                    "at rest attempt \(attempt.number) is \(attempt.state.rawValue) of an order that is \(order.status)"
                )
            }
        }
    }

    /// Every copy equals its source.
    private func judgeCopies(_ state: WorldState) {
        let (usersBook, ticketsBook) = (users[state[Part.users]], tickets[state[Part.tickets]])
        let ordersBook = orders[state[Part.orders]]
        for user in usersBook.users.values {
            if ordersBook.users[user.id] != UserCopy(user.state) { blame("at rest orders' copy of a user is another") }
            if ticketsBook.users[user.id] != UserCopy(user.state) {
                blame("at rest tickets' copy of a user is another")
            }
            if user.id == Cast.seller, user.status == .banned,
                ticketsBook.listings.values.contains(where: { !$0.state.withdrawn })
            {
                blame("at rest a banned seller's listing is on sale")
            }
        }
        guard let listing = ticketsBook.listings[Cast.ticket], let offer = ordersBook.offers[Cast.ticket] else {
            return blame("at rest the listing is not known")
        }
        let isSame =
            (offer.version, offer.price, offer.offered) == (
                listing.state.version, listing.state.price, listing.state.quantity
            )
        if !isSame || offer.withdrawn != listing.state.withdrawn {
            blame("at rest orders' copy of the listing is another")
        }
        let live = ordersBook.orders.values.filter { $0.status != .cancelled }
        let held = live.filter { $0.status == .awaitingPayment || $0.status == .confirmed }.reduce(0) {
            $0 + $1.quantity
        }
        let all = live.reduce(0) { $0 + $1.quantity }
        if offer.held != all { blame("at rest \(offer.held) units are held and orders have \(all)") }
        if listing.held != held || listing.sold != all - held {
            blame("at rest tickets counts \(listing.held) held and \(listing.sold) sold of \(held) and \(all - held)")
        }
        for (number, id) in Cast.orders.enumerated() {
            guard let order = ordersBook.orders[id] else { continue }
            if ticketsBook.orders[id]?.version != order.version {
                blame("at rest tickets' copy of an order is another")
            }
            let copy = files[state[Part.file + number]].order
            if copy?.version != order.version || copy?.status != order.status || copy?.claimed != order.attempt {
                blame("at rest payments' copy of an order is another")
            }
        }
    }
}
