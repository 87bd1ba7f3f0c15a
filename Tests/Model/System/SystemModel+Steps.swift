import Marketplace

/// The cause of a step. Steps of the system happen eventually; all others may or may not happen.
enum Mover { case system, other }

extension SystemModel {
    typealias Visit = (SystemState, Step, Mover) -> Void

    /// Visits every state that one step leads to.
    ///
    /// Steps of the system come first, in the order in which they happen if nothing else happens.
    func visitNext(of state: SystemState, _ visit: Visit) {
        for number in scenario.plannedOrders.indices { visitJobs(number, state, visit) }
        visitDeliveries(state, visit)
        visitWork(state, visit)
        for number in scenario.plannedOrders.indices {
            visitExpiry(number, state, visit)
            visitCalls(number, state, visit)
            visitPolls(number, state, visit)
            visitPages(number, state, visit)
        }
        visitUserSteps(state, visit)
        if state[Part.clock] < lastMoment, !hasPendingOrder(state) {
            var next = state
            next[Part.clock] += 1
            visit(next, .timePasses, .other)
        }
    }

    /// True if a command to create an order is undelivered in the last moment in which orders may be created. Time must
    /// not pass before its delivery, because a sender waits only seconds.
    func hasPendingOrder(_ state: SystemState) -> Bool {
        state[Part.clock] + 1 >= scenario.orderingMoments
            && bags[state[Part.toOrders]].contains {
                if case .create = ordersMessages[$0] { true } else { false }
            }
    }

    // MARK: Streams

    private func visitDeliveries(_ state: SystemState, _ visit: Visit) {
        let repeats = has(.repeats, in: state)
        visitBag(state[Part.toListings], repeats, state, visit, Step.toListings) {
            deliver(listings: $0, in: &$1, again: $2)
        }
        visitBag(state[Part.toOrders], repeats, state, visit, Step.toOrders) { message, next, again in
            if again, case .create = ordersMessages[message] { return false }
            return deliver(orders: message, in: &next, again: again)
        }
        for number in scenario.plannedOrders.indices {
            let bag = state[Part.toPayments + number]
            visitBag(bag, repeats, state, visit, { .toPayments(order: number, $0, again: $1) }) {
                deliver(payments: $0, number, in: &$1, again: $2)
            }
            guard scenario.hasWebhooks, bag != Bags.empty else { continue }
            for message in bags[bag] {
                // Webhooks about refunds made by hand are not lost: Stripe repeats them for days.
                guard case .webhook(_, let type) = paymentsMessages[message], type != Self.refundWebhook else {
                    continue
                }
                var next = state
                next[Part.toPayments + number] = bags.removing(message, from: bag)
                visit(next, .webhookLost(order: number, message), .other)
            }
        }
    }

    /// Several workers read a stream at the same time, so its messages may be delivered in any order.
    private func visitBag(
        _ bag: UInt32, _ repeats: Bool, _ state: SystemState, _ visit: Visit, _ step: (UInt32, Bool) -> Step,
        _ deliver: (UInt32, inout SystemState, Bool) -> Bool
    ) {
        guard bag != Bags.empty else { return }
        var last: UInt32?
        for message in bags[bag] where message != last {
            last = message
            var next = state
            guard deliver(message, &next, false) else { continue }
            visit(next, step(message, false), .system)
            guard repeats else { continue }
            next = state
            guard deliver(message, &next, true) else { continue }
            spend(.repeats, in: &next)
            visit(next, step(message, true), .other)
        }
    }

    /// Slices of one order or listing, so that everything else can happen between two slices.
    private func visitWork(_ state: SystemState, _ visit: Visit) {
        for work in orders[state[Part.orders]].work {
            var slice = WorkSlice(work)
            slice.limit = 1
            var next = state
            apply(ordersEffect(state, ordersMessages.id(of: .endHolds(slice))), to: &next)
            visit(next, .endHolds(slice), .system)
        }
        for work in listings[state[Part.listings]].work {
            let slice = WorkSlice(work)
            var next = state
            apply(listingsEffect(state, listingsMessages.id(of: .withdrawListings(slice))), to: &next)
            visit(next, .withdrawListings(slice), .system)
        }
    }

    /// An expiry may come at any moment: early, late or twice from the expiration service, and from the sweep once it
    /// is due.
    private func visitExpiry(_ number: Int, _ state: SystemState, _ visit: Visit) {
        guard let order = orders[state[Part.orders]].state(of: number), order.status == .awaitingPayment else { return }
        let expiry = OrdersMessage.expired(PreviousBuildExpiry(orderId: order.id, expiresAt: order.expiresAt))
        let effect = ordersEffect(state, ordersMessages.id(of: expiry))
        var next = state
        apply(effect, to: &next)
        visit(next, .expire(order: number), .system)
    }

    // MARK: Users

    private func visitUserSteps(_ state: SystemState, _ visit: Visit) {
        for (number, planned) in scenario.plannedOrders.enumerated() {
            if state[Part.requested] >> UInt32(number) & 1 == 0, state[Part.clock] < scenario.orderingMoments {
                var next = state
                createOrder(number, in: &next)
                visit(next, .createOrder(order: number), .other)
            }
            if orders[state[Part.orders]].state(of: number) != nil {
                let cancel = ordersMessages.id(of: .cancel(order: number, buyer: planned.buyer))
                var next = state
                apply(ordersEffect(state, cancel), to: &next)
                visit(next, .cancel(order: number), .other)
            }
            if has(.checkouts, in: state) {
                let left = Budget.checkouts.count(in: state[Part.budget])
                let effect = paymentsEffect(state, number, .message(.start(Fixture.id(UInt8(210 + left)))))
                guard effect.outcome != .deferred else { continue }
                var next = state
                spend(.checkouts, in: &next)
                apply(effect, to: &next, number)
                visit(next, .checkOut(order: number), .other)
            }
        }
        visitBans(state, visit)
        for (index, change) in scenario.changes.enumerated() where state[Part.requested] >> UInt32(8 + index) & 1 == 0 {
            var next = state
            next[Part.requested] |= 1 << UInt32(8 + index)
            let version = users[state[Part.users]].state(of: Fixture.seller)?.version ?? 0
            let effect = listingsEffect(state, listingsMessages.id(of: .change(change, userVersion: version)))
            guard effect.outcome != .deferred else { continue }
            apply(effect, to: &next)
            visit(next, .change(change), .other)
        }
    }

    private func visitBans(_ state: SystemState, _ visit: Visit) {
        guard has(.bans, in: state) else { return }
        for number in scenario.banned {
            let user = number.map { Fixture.buyers[$0] } ?? Fixture.seller
            let isBanned = users[state[Part.users]].state(of: user)?.status == .banned
            var usersModel = users[state[Part.users]]
            let events = usersModel.administer(
                isBanned ? .unbanUser(UnbanUser(userId: user)) : .banUser(BanUser(userId: user, reason: "fraud")),
                now: time(of: state))
            var next = state
            spend(.bans, in: &next)
            next[Part.users] = users.id(of: usersModel)
            next[Part.toOrders] = bags.adding(
                events.map { ordersMessages.id(of: .user($0)) }, to: next[Part.toOrders])
            next[Part.toListings] = bags.adding(
                events.map { listingsMessages.id(of: .user($0)) }, to: next[Part.toListings])
            visit(next, .administer(ban: !isBanned, user: user), .other)
        }
    }
}
