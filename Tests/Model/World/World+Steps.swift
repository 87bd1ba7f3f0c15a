import Marketplace

/// Who takes a step: what the system does by itself comes about in the end; all else may happen or not.
enum Mover { case system, other }

extension World {
    typealias Visit = (WorldState, Step, Mover) -> Void

    /// Every state that one step more leads to. What the system does comes first, in the order in which it is done
    /// where nothing else happens.
    func visitNext(of state: WorldState, _ visit: Visit) {
        for number in scenario.wishes.indices { visitJobs(number, state, visit) }
        visitDeliveries(state, visit)
        for number in scenario.wishes.indices {
            visitExpiry(number, state, visit)
            visitCalls(number, state, visit)
            visitLooks(number, state, visit)
            visitPages(number, state, visit)
        }
        visitPeople(state, visit)
        if state[Part.clock] < lastMoment, !isAsking(state) {
            var next = state
            next[Part.clock] += 1
            visit(next, .timePasses, .other)
        }
    }

    /// Whether someone waits for an order until it is too late to ask for one: no reply comes to them after seconds.
    func isAsking(_ state: WorldState) -> Bool {
        state[Part.clock] + 1 >= scenario.ordering
            && bags[state[Part.toOrders]].contains {
                if case .create = ordersMessages[$0] { true } else { false }
            }
    }

    // MARK: Streams

    private func visitDeliveries(_ state: WorldState, _ visit: Visit) {
        let repeats = has(.repeats, in: state)
        visitBag(state[Part.toTickets], repeats, state, visit, Step.toTickets) {
            takeIn(tickets: $0, in: &$1, again: $2)
        }
        visitBag(state[Part.toOrders], repeats, state, visit, Step.toOrders) { message, next, again in
            if again, case .create = ordersMessages[message] { return false }
            return takeIn(orders: message, in: &next, again: again)
        }
        for number in scenario.wishes.indices {
            let bag = state[Part.toFile + number]
            visitBag(bag, repeats, state, visit, { .toPayments(order: number, $0, again: $1) }) {
                takeIn(file: $0, number, in: &$1, again: $2)
            }
            guard scenario.hasWebhooks, bag != Bags.empty else { continue }
            for message in bags[bag] {
                // One about money that someone moved by hand is told until it is heard, which Stripe does for days.
                guard case .webhook(_, let type) = fileMessages[message], type != Self.refundWebhook else { continue }
                var next = state
                next[Part.toFile + number] = bags.removing(message, from: bag)
                visit(next, .webhookLost(order: number, message), .other)
            }
        }
    }

    /// A stream is read by several workers at once: what is in it may be taken in in any order.
    private func visitBag(
        _ bag: UInt32, _ repeats: Bool, _ state: WorldState, _ visit: Visit, _ step: (UInt32, Bool) -> Step,
        _ take: (UInt32, inout WorldState, Bool) -> Bool
    ) {
        guard bag != Bags.empty else { return }
        var last: UInt32?
        for message in bags[bag] where message != last {
            last = message
            var next = state
            guard take(message, &next, false) else { continue }
            visit(next, step(message, false), .system)
            guard repeats else { continue }
            next = state
            guard take(message, &next, true) else { continue }
            spend(.repeats, in: &next)
            visit(next, step(message, true), .other)
        }
    }

    /// Told at any instant: by a clock that is ahead, by one that is late, twice; and by the sweep, once it is due.
    private func visitExpiry(_ number: Int, _ state: WorldState, _ visit: Visit) {
        guard let order = orders[state[Part.orders]].state(of: number), order.status == .awaitingPayment else { return }
        let expiry = OrdersMessage.expired(OrderExpiry(orderId: order.id, expiresAt: order.expiresAt))
        let effect = ordersEffect(state, ordersMessages.id(of: expiry))
        var next = state
        apply(effect, to: &next)
        visit(next, .expire(order: number), .system)
    }

    // MARK: People

    private func visitPeople(_ state: WorldState, _ visit: Visit) {
        for (number, wish) in scenario.wishes.enumerated() {
            if state[Part.asked] >> UInt32(number) & 1 == 0, state[Part.clock] < scenario.ordering {
                var next = state
                ask(number, in: &next)
                visit(next, .ask(order: number), .other)
            }
            if orders[state[Part.orders]].state(of: number) != nil {
                let cancel = ordersMessages.id(of: .cancel(order: number, buyer: wish.buyer))
                var next = state
                apply(ordersEffect(state, cancel), to: &next)
                visit(next, .cancel(order: number), .other)
            }
            if has(.checkouts, in: state) {
                let left = Budget.checkouts.count(in: state[Part.budget])
                let effect = fileEffect(state, number, .message(.start(Cast.id(UInt8(210 + left)))))
                guard effect.verdict != .putOff else { continue }
                var next = state
                spend(.checkouts, in: &next)
                apply(effect, to: &next, number)
                visit(next, .checkOut(order: number), .other)
            }
        }
        visitBans(state, visit)
        for (index, change) in scenario.changes.enumerated() where state[Part.asked] >> UInt32(8 + index) & 1 == 0 {
            var next = state
            next[Part.asked] |= 1 << UInt32(8 + index)
            let version = users[state[Part.users]].state(of: Cast.seller)?.version ?? 0
            let effect = ticketsEffect(state, ticketsMessages.id(of: .change(change, userVersion: version)))
            guard effect.verdict != .putOff else { continue }
            apply(effect, to: &next)
            visit(next, .change(change), .other)
        }
    }

    private func visitBans(_ state: WorldState, _ visit: Visit) {
        guard has(.bans, in: state) else { return }
        for number in scenario.banned {
            let user = number.map { Cast.buyers[$0] } ?? Cast.seller
            let isBanned = users[state[Part.users]].state(of: user)?.status == .banned
            var book = users[state[Part.users]]
            let told = book.administer(
                isBanned ? .unbanUser(UnbanUser(userId: user)) : .banUser(BanUser(userId: user, reason: "fraud")),
                now: time(of: state))
            var next = state
            spend(.bans, in: &next)
            next[Part.users] = users.id(of: book)
            next[Part.toOrders] = bags.adding(
                told.map { ordersMessages.id(of: .user($0)) }, to: next[Part.toOrders])
            next[Part.toTickets] = bags.adding(
                told.map { ticketsMessages.id(of: .user($0)) }, to: next[Part.toTickets])
            visit(next, .administer(ban: !isBanned, user: user), .other)
        }
    }
}
