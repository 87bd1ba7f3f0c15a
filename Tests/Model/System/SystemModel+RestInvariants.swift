import Marketplace

// Invariants of states in which nothing is in progress.
extension SystemModel {
    /// Checks a state in which the system has nothing to do until a user acts or time passes.
    func checkAtRest(_ state: SystemState) {
        let isLast = state[Part.clock] == lastMoment
        for number in scenario.plannedOrders.indices { checkAtRest(number, state, isLast: isLast) }
        checkCopies(state)
        let usersModel = users[state[Part.users]]
        let ordersModel = orders[state[Part.orders]]
        for order in ordersModel.orders.values where order.status == .awaitingPayment {
            if usersModel.state(of: order.userId)?.status == .banned {
                report("at rest a banned buyer has an unpaid order")
            }
            if isLast { report("in the end an unpaid order holds its units") }
        }
        if !ordersModel.work.isEmpty || !listings[state[Part.listings]].work.isEmpty {
            report("at rest a ban is not complete")
        }
        let waiting =
            [state[Part.toOrders], state[Part.toListings]]
            + scenario.plannedOrders.indices.map { state[Part.toPayments + $0] }
        if waiting.contains(where: { $0 != Bags.empty }) { report("at rest a message is undelivered") }
    }

    private func checkAtRest(_ number: Int, _ state: SystemState, isLast: Bool) {
        let orderPayments = payments[state[Part.payments + number]]
        let stripe = stripes[state[Part.stripe + number]]
        let pages = stripe.pages
        if !orderPayments.waiters.isEmpty { report("at rest a command still waits for a page") }
        guard let order = orders[state[Part.orders]].state(of: number) else { return }
        let known = Set(orderPayments.attempts.compactMap(\.sessionId))
        for page in pages {
            // A page whose URL was never published cannot be paid, and Stripe closes it.
            if !known.contains(page.id) {
                if isLast, page.status == .open || page.money != .none {
                    report("in the end a lost page is \(page.status)")
                }
                if case .done = stripe.response(under: page.key, now: time(of: state)) {
                    report("at rest a page is unknown, although its key would return it")
                }
                continue
            }
            let isClaimed = order.attempt == page.attempt
            let isRight =
                switch order.status {
                case .awaitingPayment: page.isEnded || page.status == .open || page.money == .refunded
                case .confirmed: false
                case .complete: isClaimed ? page.money == .captured : page.isEnded || page.money == .refunded
                case .cancelled: page.isEnded || page.money == .refunded
                case .refunded: isClaimed ? page.money == .refunded : page.isEnded || page.money == .refunded
                }
            if !isRight {
                report("at rest the order is \(order.status), page \(page.id) \(page.status), its money \(page.money)")
            }
        }
        if order.status == .confirmed { report("at rest the order is claimed but not paid") }
        if order.status == .complete || order.status == .refunded,
            !pages.contains(where: { $0.attempt == order.attempt })
        {
            report("at rest the order is \(order.status) without a payment")
        }
        for attempt in orderPayments.attempts where !attempt.state.isFinal {
            let isWanted = order.status == .awaitingPayment || order.attempt == attempt.number
            if !isWanted {
                report(
                    "at rest attempt \(attempt.number) is \(attempt.state.rawValue) of an order that is \(order.status)"
                )
            }
        }
    }

    /// Checks that every copy equals its source.
    private func checkCopies(_ state: SystemState) {
        let (usersModel, listingsModel) = (users[state[Part.users]], listings[state[Part.listings]])
        let ordersModel = orders[state[Part.orders]]
        for user in usersModel.users.values {
            if ordersModel.users[user.id] != UserCopy(user.state) {
                report("at rest the orders service has another copy of a user")
            }
            if listingsModel.users[user.id] != UserCopy(user.state) {
                report("at rest the listings service has another copy of a user")
            }
            if user.id == Fixture.seller, user.status == .banned,
                listingsModel.listings.values.contains(where: { !$0.state.withdrawn })
            {
                report("at rest a banned seller's listing is on sale")
            }
        }
        guard let listing = listingsModel.listings[Fixture.listing], let copy = ordersModel.listings[Fixture.listing]
        else {
            return report("at rest the listing is not known")
        }
        let isSame =
            (copy.version, copy.price, copy.offered) == (
                listing.state.version, listing.state.price, listing.state.quantity
            )
        if !isSame || copy.withdrawn != listing.state.withdrawn || copy.splitSet != listing.state.splitSet {
            report("at rest the orders service has another copy of the listing")
        }
        let live = ordersModel.orders.values.filter { $0.status != .cancelled }
        let held = live.filter { $0.status == .awaitingPayment || $0.status == .confirmed }.reduce(0) {
            $0 + $1.quantity
        }
        let all = live.reduce(0) { $0 + $1.quantity }
        if copy.held != all { report("at rest \(copy.held) units are held and orders have \(all)") }
        if listing.held != held || listing.sold != all - held {
            report(
                "at rest the listing counts \(listing.held) held and \(listing.sold) sold of \(held) and \(all - held)")
        }
        for (number, id) in Fixture.orders.enumerated() {
            guard let order = ordersModel.orders[id] else { continue }
            if listingsModel.orders[id]?.version != order.version {
                report("at rest the listings service has another copy of an order")
            }
            let copy = payments[state[Part.payments + number]].order
            if copy?.version != order.version || copy?.status != order.status || copy?.claimed != order.attempt {
                report("at rest the payments service has another copy of an order")
            }
        }
    }
}
