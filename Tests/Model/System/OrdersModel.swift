import Marketplace

/// A model of the schema `orders`: it loads and stores the same rows as the SQL of the orders service.
///
/// It reports what a key or a check of the database would refuse, and every broken invariant.
struct OrdersModel: Hashable {
    struct Unit: Hashable {
        var ticketId: ListingID
        var number: Int
    }

    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var listings: [ListingID: ListingCopy] = [:]
    private(set) var orders: [OrderID: OrderState] = [:]
    private(set) var allocations: [Unit: OrderID] = [:]
    private(set) var free: Set<Unit> = []
    private(set) var work: Set<Work> = []
    /// The largest quantity that was ever offered.
    private(set) var maxOffered = 0

    /// A change of an order's status.
    struct StatusChange {
        var order: Int
        var from: OrderState.Status?
        var to: OrderState
    }

    struct Decided {
        var outcomes: [OutcomeKind] = []
        var events: [OrderState] = []
        var statusChanges: [StatusChange] = []
        var breaches: [String] = []
    }

    init(users: [UserState]) {
        for user in users { self.users[user.id] = UserCopy(user) }
    }

    func state(of order: Int) -> OrderState? { orders[Fixture.orders[order]] }

    /// Decides messages in one transaction.
    mutating func decide(_ messages: [OrdersMessage], now: Timestamp) -> Decided {
        let before = self
        var state = load(messages)
        for case .listing(let listing) in messages { maxOffered = max(maxOffered, listing.quantity) }
        var decided = Decided()
        for message in messages {
            let decision = state.decide(message.message(now: now), now: now)
            decided.outcomes.append(OutcomeKind(decision.outcome))
            decided.events += decision.events.compactMap { $0.body as? OrderState }.map(Self.normalized)
            if case .deferred = decision.outcome, !decision.events.isEmpty {
                decided.breaches.append("a deferred message has emitted an event")
            }
        }
        store(state, &decided.breaches)
        compare(with: before, &decided, now: now)
        check(&decided.breaches)
        return decided
    }

    private static func normalized(_ order: OrderState) -> OrderState {
        var order = order
        order.updatedAt = order.createdAt
        return order
    }
}

// MARK: - Loading and storing

extension OrdersModel {
    private func load(_ messages: [OrdersMessage]) -> OrdersDecider {
        var ids = (users: Set<UserID>(), listings: Set<ListingID>(), orders: Set<OrderID>())
        var wanted = 0
        for message in messages {
            switch message {
            case .create(let order, let buyer, let key):
                ids.users.formUnion([Fixture.buyers[buyer], Fixture.seller])
                ids.listings.insert(Fixture.listing)
                ids.orders.insert(Fixture.orders[order])
                wanted += key.quantity
            case .cancel(let order, _): ids.orders.insert(Fixture.orders[order])
            case .user(let user): ids.users.insert(user.id)
            case .listing(let listing): ids.listings.insert(listing.id)
            case .expired(let expiry): ids.orders.insert(expiry.orderId)
            case .payment(let payment): ids.orders.insert(payment.orderId)
            case .endHolds(let slice):
                let buyer = UserID(slice.work.subject)
                ids.users.insert(buyer)
                let unpaid = orders.values.filter { $0.userId == buyer && $0.status == .awaitingPayment }
                ids.orders.formUnion(unpaid.map(\.id).sorted().prefix(slice.limit))
            }
        }
        let loaded = ids.orders.compactMap { orders[$0] }
        ids.users.formUnion(loaded.map(\.userId))
        ids.listings.formUnion(loaded.map(\.ticketId))
        let free = free.map(\.number).sorted().prefix(wanted)
        return OrdersDecider(
            users: ids.users.compactMap { users[$0] }, listings: ids.listings.compactMap { listings[$0] },
            orders: loaded,
            allocations: allocations.filter { ids.orders.contains($0.value) }
                .map { Allocation(ticketId: $0.key.ticketId, unit: $0.key.number, orderId: $0.value) },
            free: wanted > 0 ? [Fixture.listing: Array(free)] : [:], rules: OrdersRules(holdLength: Fixture.hold))
    }

    private mutating func store(_ state: OrdersDecider, _ breaches: inout [String]) {
        for id in state.upsertedUsers {
            if let copy = state.users[id], (users[id]?.version ?? 0) < copy.version { users[id] = copy }
        }
        for id in state.insertedListings.union(state.updatedListings) { listings[id] = state.listings[id] }
        for id in Set(state.insertedOrders).union(state.updatedOrders) {
            orders[id] = state.orders[id].map(Self.normalized)
        }
        work = work.union(state.work.started).subtracting(state.work.ended)
        let released = Set(state.units.releasedOrders)
        allocations = allocations.filter { !released.contains($0.value) }
        for unit in state.units.insertedAllocations {
            let key = Unit(ticketId: unit.ticketId, number: unit.unit)
            if allocations[key] != nil { breaches.append("unit \(unit.unit) is allocated twice") }
            allocations[key] = unit.orderId
        }
        for unit in state.units.deletedFreeUnits
        where free.remove(Unit(ticketId: unit.ticketId, number: unit.unit)) == nil {
            breaches.append("unit \(unit.unit) is allocated and was not free")
        }
        for unit in state.units.insertedFreeUnits
        where !free.insert(Unit(ticketId: unit.ticketId, number: unit.unit)).inserted {
            breaches.append("unit \(unit.unit) is released twice")
        }
    }
}

// MARK: - Invariants

extension OrdersModel {
    /// Checks the changes of one transaction to each order, and their events.
    private func compare(with before: OrdersModel, _ decided: inout Decided, now: Timestamp) {
        for (index, id) in Fixture.orders.enumerated() {
            guard let after = orders[id] else { continue }
            let old = before.orders[id]
            let emitted = decided.events.filter { $0.id == id }
            if after == old {
                if !emitted.isEmpty {
                    decided.breaches.append("an event \(emitted[0].status) is emitted for an unchanged order")
                }
                continue
            }
            decided.statusChanges.append(StatusChange(order: index, from: old?.status, to: after))
            if after.version != (old?.version ?? 0) + Int64(emitted.count) || emitted.last != after {
                decided.breaches.append("an order changed to \(after.status) with \(emitted.count) events")
            }
            if let breach = Self.breach(from: old, to: after, users[after.userId], now: now) {
                decided.breaches.append(breach)
            }
            if old == nil, let listing = listings[after.ticketId],
                listing.withdrawn || listing.held > listing.offered || users[listing.sellerId]?.status == .banned
            {
                decided.breaches.append("an order was created for units that are not on sale")
            }
        }
        for listing in listings.values { checkSplits(listing, before.listings[listing.id], &decided.breaches) }
    }

    /// Checks that the units left can be sold under the split rule.
    ///
    /// The seller may change the listing before the listings service knows an order. In that case, the units left may
    /// not fit the new rule, either immediately or when that order ends. But no new order may take units that are left
    /// in this way.
    private func checkSplits(_ listing: ListingCopy, _ old: ListingCopy?, _ breaches: inout [String]) {
        guard let set = listing.splitSet, !set.spans(max(0, listing.offered - listing.held)) else { return }
        if let old, old.version < listing.version || listing.version > 1 && listing.held <= old.held { return }
        breaches.append("\(listing.offered - listing.held) units are left that the split rule can't sell")
    }

    private static func breach(
        from old: OrderState?, to new: OrderState, _ buyer: UserCopy?, now: Timestamp
    ) -> String? {
        switch (old?.status, new.status) {
        case (nil, .awaitingPayment), (.awaitingPayment, .confirmed):
            return buyer?.status == .active ? nil : "\(new.status) for a banned buyer"
        case (.awaitingPayment, .cancelled):
            if new.reason == .expired, now < new.expiresAt { return "expired before the end of the hold" }
            if new.reason == .buyerBanned, buyer?.status != .banned { return "cancelled for a ban that is lifted" }
            return new.reason == .paymentFailed ? "failed without a claim" : nil
        case (.confirmed, .complete), (.confirmed, .refunded), (.complete, .refunded):
            return old?.attempt == new.attempt ? nil : "changed by an attempt that has not claimed it"
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
        for listing in listings.values {
            let numbers = allocations.keys.map(\.number) + free.map(\.number)
            if listing.held != allocations.count {
                breaches.append("\(listing.held) held, \(allocations.count) allocated")
            }
            if numbers.sorted() != Array(1..<max(1, listing.nextUnit)) {
                breaches.append("units \(numbers.sorted()) of \(listing.nextUnit - 1)")
            }
            if listing.held > maxOffered { breaches.append("more units are held than were ever offered") }
        }
    }
}
