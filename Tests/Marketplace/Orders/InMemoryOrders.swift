@testable import Marketplace

/// The schema `orders` in memory. It loads and stores the same rows as the SQL, and enforces the keys and checks.
struct InMemoryOrders: Equatable, InMemoryWork {
    struct Unit: Hashable, Comparable {
        var ticketId: ListingID
        var number: Int

        static func < (one: Unit, other: Unit) -> Bool {
            (one.ticketId, one.number) < (other.ticketId, other.number)
        }
    }

    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var listings: [ListingID: ListingCopy] = [:]
    private(set) var orders: [OrderID: OrderState] = [:]
    private(set) var allocations: [Unit: OrderID] = [:]
    private(set) var free: Set<Unit> = []
    private(set) var sales: [SeatSale.ID: SeatSale] = [:]
    private(set) var work: Set<Work> = []
    private(set) var log = EventLog()
    /// The largest quantity that each listing ever offered.
    private(set) var maxOffered: [ListingID: Int] = [:]

    mutating func run(
        _ batch: [Message<OrdersCommand, OrdersEvent>], now: Timestamp
    ) throws -> [Decision] {
        var decider = load(batch)
        for case .event(_, .listing(let listing)) in batch {
            let offered = min(max(listing.quantity, 0), ListingState.quantityLimit)
            maxOffered[listing.id] = max(maxOffered[listing.id] ?? 0, offered)
        }
        let decisions = batch.map { decider.decide($0, now: now) }
        try store(decider)
        try log.add(decisions.flatMap(\.events))
        return decisions
    }

    static func event(_ slice: WorkSlice) -> OrdersEvent {
        switch slice.work.kind {
        case .endHoldsOfListing: .endHoldsOfListing(slice)
        case .endHoldsOfCancelledEvent: .endHoldsOfCancelledEvent(slice)
        case .freezeOrders: .freezeOrders(slice)
        case .unfreezeOrders: .unfreezeOrders(slice)
        default: .endHolds(slice)
        }
    }

    private func load(_ batch: [Message<OrdersCommand, OrdersEvent>]) -> OrdersDecider {
        var ids = (users: Set<UserID>(), listings: Set<ListingID>(), orders: Set<OrderID>())
        var wanted: [ListingID: Int] = [:]
        for message in batch {
            switch message {
            case .command(let head, .createOrder(let command)):
                if let buyer = head.actor.userID { ids.users.insert(buyer) }
                ids.listings.insert(command.ticketId)
                ids.orders.insert(OrderID(head.id.uuid))
                wanted[command.ticketId, default: 0] += max(0, min(command.quantity, OrderState.quantityLimit))
            case .command(_, .cancelOrder(let command)): ids.orders.insert(command.orderId)
            case .command(_, .expireOrder(let command)): ids.orders.insert(command.subject)
            case .command(let head, .unfreezeOrder(let command)):
                if let actor = head.actor.userID { ids.users.insert(actor) }
                ids.orders.insert(command.orderId)
            case .event(_, .user(let user)): ids.users.insert(user.id)
            case .event(_, .listing(let listing)):
                ids.listings.insert(listing.id)
                ids.users.insert(listing.sellerId)
            case .event(_, .expired(let expiry)): ids.orders.insert(expiry.orderId)
            case .event(_, .payment(let payment)): ids.orders.insert(payment.orderId)
            case .event(_, .endHolds(let slice)):
                let buyer = UserID(slice.work.subject)
                ids.users.insert(buyer)
                let unpaid = orders.values.filter { $0.userId == buyer && $0.status == .awaitingPayment }
                ids.orders.formUnion(
                    unpaid.map(\.id).sorted().dropFirst(slice.skipped).prefix(slice.limit))
            case .event(_, .endHoldsOfListing(let slice)), .event(_, .endHoldsOfCancelledEvent(let slice)):
                let listing = ListingID(slice.work.subject)
                ids.listings.insert(listing)
                ids.orders.formUnion(slice.take(orders) { $0.ticketId == listing && $0.status == .awaitingPayment })
            case .event(_, .freezeOrders(let slice)):
                ids.users.insert(UserID(slice.work.subject))
                ids.orders.formUnion(
                    slice.take(sold(by: slice)) { $0.status == .complete && $0.frozenAt == nil })
            case .event(_, .unfreezeOrders(let slice)):
                ids.users.insert(UserID(slice.work.subject))
                ids.orders.formUnion(slice.take(sold(by: slice)) { $0.frozenAt != nil })
            }
        }
        ids.users.formUnion(wanted.keys.compactMap { listings[$0]?.sellerId })
        let loaded = ids.orders.rows(of: orders)
        ids.users.formUnion(loaded.map(\.userId))
        ids.listings.formUnion(loaded.map(\.ticketId))

        // Like the SQL, load the smallest units, and no more than the commands ask for.
        var smallest: [ListingID: [Int]] = [:]
        for (listing, count) in wanted {
            smallest[listing] = free.filter { $0.ticketId == listing }.map(\.number).sorted().prefix(count).shuffled()
        }
        var announced: [ListingID: [ListingState]] = [:]
        for case .event(_, .listing(let state)) in batch where state.seats != nil {
            announced[state.id, default: []].append(state)
        }
        let loadedSales = loadSeats(ids.listings, wanted: Set(wanted.keys), announced, into: &smallest)
        return OrdersDecider(
            users: ids.users.rows(of: users), listings: ids.listings.rows(of: listings), orders: loaded,
            allocations: allocations.filter { ids.orders.contains($0.value) }
                .map { Allocation(ticketId: $0.key.ticketId, unit: $0.key.number, orderId: $0.value) },
            free: smallest, sales: loadedSales, rules: OrdersRules())
    }

    /// Reads the same rows as the SQL: all free units of ordered listings with seats, and the sales of their seats.
    private func loadSeats(
        _ ids: Set<ListingID>, wanted: Set<ListingID>, _ announced: [ListingID: [ListingState]],
        into free: inout [ListingID: [Int]]
    ) -> [SeatSale] {
        var places: Set<SeatSale.ID> = []
        var moving: Set<ListingID> = []
        for id in ids {
            let copy = listings[id]
            let states = announced[id] ?? []
            let isOrdered = wanted.contains(id) && (copy?.seats != nil || !states.isEmpty)
            if let copy, copy.seats != nil, copy.held > 0,
                states.contains(where: { $0.performanceId != copy.performanceId })
            {
                moving.insert(id)
            }
            guard isOrdered || moving.contains(id) else { continue }
            places.formUnion(states.flatMap { ListingCopy($0).seatSales ?? [] })
            guard isOrdered else { continue }
            places.formUnion(copy?.seatSales ?? [])
            free[id] = self.free.filter { $0.ticketId == id }.map(\.number)
        }
        return sales.values.filter { places.contains($0.id) || moving.contains($0.ticketId) }
    }

    /// The orders for all listings of the seller whom the slice is about.
    private func sold(by slice: WorkSlice) -> [OrderID: OrderState] {
        orders.filter { listings[$0.value.ticketId]?.sellerId == UserID(slice.work.subject) }
    }

    private mutating func store(_ decider: OrdersDecider) throws {
        for user in decider.upsertedUsers.rows(of: decider.users)
        where users[user.id].map({ $0.version < user.version }) ?? true {
            users[user.id] = user
        }
        for id in decider.insertedListings { try listings.insert(try known(decider.listings[id]), for: id) }
        for id in decider.updatedListings { try listings.update(try known(decider.listings[id]), for: id) }
        for id in decider.insertedOrders { try orders.insert(try known(decider.orders[id]), for: id) }
        for id in decider.updatedOrders {
            let (before, after) = (orders[id], try known(decider.orders[id]))
            try ensure(
                before?.status.isClosed != true || after.status == .refunded, "a closed order was reopened: \(after)")
            try orders.update(after, for: id)
        }
        work = work.union(decider.work.started).subtracting(decider.work.ended)
        let removed = Set(decider.units.releasedOrders)
        allocations = allocations.filter { !removed.contains($0.value) }
        for unit in decider.units.insertedAllocations {
            try allocations.insert(unit.orderId, for: Unit(ticketId: unit.ticketId, number: unit.unit))
        }
        for unit in decider.units.deletedFreeUnits {
            let unit = Unit(ticketId: unit.ticketId, number: unit.unit)
            try ensure(free.remove(unit) != nil, "allocated, but not free: \(unit)")
        }
        for unit in decider.units.insertedFreeUnits {
            let unit = Unit(ticketId: unit.ticketId, number: unit.unit)
            try ensure(free.insert(unit).inserted, "released twice: \(unit)")
        }
        let released = Set(decider.units.releasedSales.map(\.orderId))
        sales = sales.filter { !released.contains($0.value.orderId) }
        for sale in decider.units.deletedSales { sales[sale.id] = nil }
        for sale in decider.units.insertedSales { try sales.insert(sale, for: sale.id) }
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw BrokenInvariant("changed, but not on the decider") }
        return value
    }

    /// Checks the invariants that hold after every batch.
    func check() throws {
        var units: [ListingID: Set<Int>] = [:]
        var unitsOfOrder: [OrderID: Int] = [:]
        for (unit, order) in allocations {
            units[unit.ticketId, default: []].insert(unit.number)
            unitsOfOrder[order, default: 0] += 1
            try ensure(orders[order]?.ticketId == unit.ticketId, "a unit of another listing: \(unit) of \(order)")
            try ensure(!free.contains(unit), "free and allocated: \(unit)")
        }
        for order in orders.values {
            try ensure(
                unitsOfOrder[order.id] ?? 0 == (order.status == .cancelled ? 0 : order.quantity),
                "units of \(order): \(unitsOfOrder[order.id] ?? 0)")
            try ensure(order.total == order.price * Int64(order.quantity), "the total of \(order)")
            try ensure((order.status == .cancelled) == (order.reason != nil), "the reason of \(order)")
            let isClaimed = [.confirmed, .complete, .refunded].contains(order.status)
            try ensure(!isClaimed || order.attempt != nil, "no attempt has claimed \(order)")
        }
        try checkSeats()
        for listing in listings.values {
            let allocated = units[listing.id] ?? []
            let returned = Set(free.filter { $0.ticketId == listing.id }.map(\.number))
            try ensure(listing.held == allocated.count, "held \(listing.held), allocated \(allocated.count)")
            try ensure(listing.returned == returned.count, "released \(listing.returned), free \(returned.count)")
            try ensure(allocated.union(returned) == Set(1..<listing.nextUnit), "missing units of \(listing)")
            let limit = maxOffered[listing.id] ?? 0
            try ensure(
                listing.held <= limit && listing.nextUnit - 1 <= limit, "more units than were ever offered: \(listing)")
        }
    }
}

extension WorkSlice {
    /// The ids of the given orders that belong to the slice.
    fileprivate func take(_ orders: [OrderID: OrderState], where isWanted: (OrderState) -> Bool) -> [OrderID] {
        Array(orders.values.filter(isWanted).map(\.id).sorted().dropFirst(skipped).prefix(limit))
    }
}
