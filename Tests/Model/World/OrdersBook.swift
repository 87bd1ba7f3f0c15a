import Marketplace

/// The schema `orders`: loads for a desk what the SQL loads, keeps what it decides, and tells what its keys and checks
/// would refuse and what it promises.
struct OrdersBook: Hashable {
    struct Unit: Hashable {
        var ticketId: TicketID
        var number: Int
    }

    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var offers: [TicketID: TicketOffer] = [:]
    private(set) var orders: [OrderID: OrderState] = [:]
    private(set) var allocations: [Unit: OrderID] = [:]
    private(set) var free: Set<Unit> = []
    /// The most that was ever offered.
    private(set) var mostOffered = 0

    /// A change of an order's status.
    struct Turn {
        var order: Int
        var from: OrderState.Status?
        var to: OrderState
    }

    struct Decided {
        var verdicts: [VerdictKind] = []
        var events: [OrderState] = []
        var turns: [Turn] = []
        var breaches: [String] = []
    }

    init(users: [UserState]) {
        for user in users { self.users[user.id] = UserCopy(user) }
    }

    func state(of order: Int) -> OrderState? { orders[Cast.orders[order]] }

    /// One transaction, of one message or several.
    mutating func decide(_ messages: [OrdersMessage], now: Timestamp) -> Decided {
        let before = self
        var desk = load(messages)
        for case .ticket(let ticket) in messages { mostOffered = max(mostOffered, ticket.quantity) }
        var decided = Decided()
        for message in messages {
            let decision = desk.decide(message.message(now: now), now: now)
            decided.verdicts.append(VerdictKind(decision.verdict))
            decided.events += decision.events.compactMap { $0.body as? OrderState }.map(Self.timeless)
            if case .putOff = decision.verdict, !decision.events.isEmpty {
                decided.breaches.append("what is put off has told something")
            }
        }
        store(desk, &decided.breaches)
        compare(with: before, &decided, now: now)
        check(&decided.breaches)
        return decided
    }

    private static func timeless(_ order: OrderState) -> OrderState {
        var order = order
        order.updatedAt = order.createdAt
        return order
    }
}

// MARK: - As the SQL does

extension OrdersBook {
    private func load(_ messages: [OrdersMessage]) -> OrdersDesk {
        var named = (users: Set<UserID>(), banned: Set<UserID>(), tickets: Set<TicketID>(), orders: Set<OrderID>())
        var wanted = 0
        for message in messages {
            switch message {
            case .create(let order, let buyer, let key):
                named.users.insert(Cast.buyers[buyer])
                named.tickets.insert(Cast.ticket)
                named.orders.insert(Cast.orders[order])
                wanted += key.quantity
            case .cancel(let order, _): named.orders.insert(Cast.orders[order])
            case .user(let user):
                named.users.insert(user.id)
                if user.status == .banned { named.banned.insert(user.id) }
            case .ticket(let ticket): named.tickets.insert(ticket.id)
            case .expired(let expiry): named.orders.insert(expiry.orderId)
            case .payment(let payment): named.orders.insert(payment.orderId)
            }
        }
        for order in orders.values where order.status == .awaitingPayment && named.banned.contains(order.userId) {
            named.orders.insert(order.id)
        }
        let loaded = named.orders.compactMap { orders[$0] }
        named.users.formUnion(loaded.map(\.userId))
        named.tickets.formUnion(loaded.map(\.ticketId))
        let taken = free.map(\.number).sorted().prefix(wanted)
        return OrdersDesk(
            users: named.users.compactMap { users[$0] }, offers: named.tickets.compactMap { offers[$0] },
            orders: loaded,
            allocations: allocations.filter { named.orders.contains($0.value) }
                .map { Allocation(ticketId: $0.key.ticketId, unit: $0.key.number, orderId: $0.value) },
            free: wanted > 0 ? [Cast.ticket: Array(taken)] : [:], rules: OrdersRules(hold: Cast.hold))
    }

    private mutating func store(_ desk: OrdersDesk, _ breaches: inout [String]) {
        for id in desk.changedUsers {
            if let copy = desk.users[id], (users[id]?.version ?? 0) < copy.version { users[id] = copy }
        }
        for id in desk.newOffers.union(desk.changedOffers) { offers[id] = desk.offers[id] }
        for id in Set(desk.newOrders).union(desk.changedOrders) { orders[id] = desk.orders[id].map(Self.timeless) }
        let removed = Set(desk.units.removed)
        allocations = allocations.filter { !removed.contains($0.value) }
        for unit in desk.units.added {
            let key = Unit(ticketId: unit.ticketId, number: unit.unit)
            if allocations[key] != nil { breaches.append("unit \(unit.unit) is handed out twice") }
            allocations[key] = unit.orderId
        }
        for unit in desk.units.taken where free.remove(Unit(ticketId: unit.ticketId, number: unit.unit)) == nil {
            breaches.append("unit \(unit.unit) is taken and was not free")
        }
        for unit in desk.units.returned where !free.insert(Unit(ticketId: unit.ticketId, number: unit.unit)).inserted {
            breaches.append("unit \(unit.unit) came back twice")
        }
    }
}

// MARK: - What it promises

extension OrdersBook {
    /// What one transaction may do to an order, and must tell of it.
    private func compare(with before: OrdersBook, _ decided: inout Decided, now: Timestamp) {
        for (index, id) in Cast.orders.enumerated() {
            guard let after = orders[id] else { continue }
            let old = before.orders[id]
            let told = decided.events.filter { $0.id == id }
            if after == old {
                if !told.isEmpty { decided.breaches.append("\(told[0].status) is told of an order that is as it was") }
                continue
            }
            decided.turns.append(Turn(order: index, from: old?.status, to: after))
            if after.version != (old?.version ?? 0) + Int64(told.count) || told.last != after {
                decided.breaches.append("an order changed to \(after.status) and \(told.count) events tell it")
            }
            if let wrong = Self.wrong(from: old, to: after, users[after.userId], now: now) {
                decided.breaches.append(wrong)
            }
            if old == nil, let offer = offers[after.ticketId], offer.withdrawn || offer.held > offer.offered {
                decided.breaches.append("an order was made of what is not on sale")
            }
        }
    }

    private static func wrong(
        from old: OrderState?, to new: OrderState, _ buyer: UserCopy?, now: Timestamp
    ) -> String? {
        switch (old?.status, new.status) {
        case (nil, .awaitingPayment), (.awaitingPayment, .confirmed):
            return buyer?.status == .active ? nil : "\(new.status) for someone who is banned"
        case (.awaitingPayment, .cancelled):
            if new.reason == .expired, now < new.expiresAt { return "expired before its time" }
            if new.reason == .buyerBanned, buyer?.status != .banned { return "ended for a ban that is over" }
            return new.reason == .paymentFailed ? "failed though nothing had claimed it" : nil
        case (.confirmed, .complete), (.confirmed, .refunded), (.complete, .refunded):
            return old?.attempt == new.attempt ? nil : "another attempt than the one that claimed it"
        case (.confirmed, .cancelled):
            return new.reason == .paymentFailed ? nil : "a paid order was cancelled"
        default:
            return "an order went from \(old.map { "\($0.status)" } ?? "nothing") to \(new.status)"
        }
    }

    private func check(_ breaches: inout [String]) {
        for order in orders.values {
            let units = allocations.values.count { $0 == order.id }
            if units != (order.status == .cancelled ? 0 : order.quantity) {
                breaches.append("an order that is \(order.status) has \(units) units")
            }
        }
        for offer in offers.values {
            let numbers = allocations.keys.map(\.number) + free.map(\.number)
            if offer.held != allocations.count {
                breaches.append("\(offer.held) held, \(allocations.count) handed out")
            }
            if numbers.sorted() != Array(1..<max(1, offer.nextUnit)) {
                breaches.append("units \(numbers.sorted()) of \(offer.nextUnit - 1)")
            }
            if offer.held > mostOffered { breaches.append("more is held than was ever offered") }
        }
    }
}
