@testable import Marketplace

/// The schema `orders` in memory: loads for a desk and stores of it what the SQL does, and refuses what its keys and
/// checks refuse.
struct OrdersBooks: Equatable {
    struct Unit: Hashable, Comparable {
        var ticketId: TicketID
        var number: Int

        static func < (one: Unit, other: Unit) -> Bool {
            (one.ticketId, one.number) < (other.ticketId, other.number)
        }
    }

    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var offers: [TicketID: TicketOffer] = [:]
    private(set) var orders: [OrderID: OrderState] = [:]
    private(set) var allocations: [Unit: OrderID] = [:]
    private(set) var free: Set<Unit> = []
    private(set) var log = EventLog()
    /// The most that was ever offered of each listing.
    private(set) var mostOffered: [TicketID: Int] = [:]

    mutating func run(
        _ batch: [Message<OrdersCommand, OrdersEvent>], now: Timestamp
    ) throws -> [Decision] {
        var desk = load(batch)
        for case .event(_, .ticket(let ticket)) in batch {
            let offered = min(max(ticket.quantity, 0), TicketState.quantityLimit)
            mostOffered[ticket.id] = max(mostOffered[ticket.id] ?? 0, offered)
        }
        let decisions = batch.map { desk.decide($0, now: now) }
        try store(desk)
        try log.add(decisions.flatMap(\.events))
        return decisions
    }

    private func load(_ batch: [Message<OrdersCommand, OrdersEvent>]) -> OrdersDesk {
        var named = (users: Set<UserID>(), banned: Set<UserID>(), tickets: Set<TicketID>(), orders: Set<OrderID>())
        var wanted: [TicketID: Int] = [:]
        for message in batch {
            switch message {
            case .command(let head, .createOrder(let command)):
                if let buyer = head.actor.userID { named.users.insert(buyer) }
                named.tickets.insert(command.ticketId)
                named.orders.insert(OrderID(head.id.uuid))
                wanted[command.ticketId, default: 0] += max(0, min(command.quantity, OrderState.quantityLimit))
            case .command(_, .cancelOrder(let command)): named.orders.insert(command.orderId)
            case .event(_, .user(let user)):
                named.users.insert(user.id)
                if user.status == .banned { named.banned.insert(user.id) }
            case .event(_, .ticket(let ticket)): named.tickets.insert(ticket.id)
            case .event(_, .expired(let expiry)): named.orders.insert(expiry.orderId)
            case .event(_, .payment(let payment)): named.orders.insert(payment.orderId)
            }
        }
        for order in orders.values where order.status == .awaitingPayment && named.banned.contains(order.userId) {
            named.orders.insert(order.id)
        }
        let loaded = named.orders.rows(of: orders)
        named.users.formUnion(loaded.map(\.userId))
        named.tickets.formUnion(loaded.map(\.ticketId))

        // As the SQL does: the smallest, and no more than are asked for.
        var taken: [TicketID: [Int]] = [:]
        for (ticket, count) in wanted {
            taken[ticket] = free.filter { $0.ticketId == ticket }.map(\.number).sorted().prefix(count).shuffled()
        }
        return OrdersDesk(
            users: named.users.rows(of: users), offers: named.tickets.rows(of: offers), orders: loaded,
            allocations: allocations.filter { named.orders.contains($0.value) }
                .map { Allocation(ticketId: $0.key.ticketId, unit: $0.key.number, orderId: $0.value) },
            free: taken, rules: OrdersRules())
    }

    private mutating func store(_ desk: OrdersDesk) throws {
        for user in desk.changedUsers.rows(of: desk.users)
        where users[user.id].map({ $0.version < user.version }) ?? true {
            users[user.id] = user
        }
        for id in desk.newOffers { try offers.insert(try known(desk.offers[id]), for: id) }
        for id in desk.changedOffers { try offers.update(try known(desk.offers[id]), for: id) }
        for id in desk.newOrders { try orders.insert(try known(desk.orders[id]), for: id) }
        for id in desk.changedOrders {
            let (before, after) = (orders[id], try known(desk.orders[id]))
            try hold(before?.status.isDead != true || after.status == .refunded, "the dead came back: \(after)")
            try orders.update(after, for: id)
        }
        let removed = Set(desk.units.removed)
        allocations = allocations.filter { !removed.contains($0.value) }
        for unit in desk.units.added {
            try allocations.insert(unit.orderId, for: Unit(ticketId: unit.ticketId, number: unit.unit))
        }
        for unit in desk.units.taken {
            let unit = Unit(ticketId: unit.ticketId, number: unit.unit)
            try hold(free.remove(unit) != nil, "taken, but not free: \(unit)")
        }
        for unit in desk.units.returned {
            let unit = Unit(ticketId: unit.ticketId, number: unit.unit)
            try hold(free.insert(unit).inserted, "came back twice: \(unit)")
        }
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Broken("changed, but not on the desk") }
        return value
    }

    /// The promises that hold after every batch.
    func check() throws {
        var units: [TicketID: Set<Int>] = [:]
        var unitsOfOrder: [OrderID: Int] = [:]
        for (unit, order) in allocations {
            units[unit.ticketId, default: []].insert(unit.number)
            unitsOfOrder[order, default: 0] += 1
            try hold(orders[order]?.ticketId == unit.ticketId, "a unit of another ticket: \(unit) of \(order)")
            try hold(!free.contains(unit), "free and allocated: \(unit)")
        }
        for order in orders.values {
            try hold(
                unitsOfOrder[order.id] ?? 0 == (order.status == .cancelled ? 0 : order.quantity),
                "units of \(order): \(unitsOfOrder[order.id] ?? 0)")
            try hold(order.total == order.price * Int64(order.quantity), "the total of \(order)")
            try hold((order.status == .cancelled) == (order.reason != nil), "the reason of \(order)")
            let isClaimed = [.confirmed, .complete, .refunded].contains(order.status)
            try hold(!isClaimed || order.attempt != nil, "no attempt has claimed \(order)")
        }
        for offer in offers.values {
            let allocated = units[offer.id] ?? []
            let returned = Set(free.filter { $0.ticketId == offer.id }.map(\.number))
            try hold(offer.held == allocated.count, "held \(offer.held), allocated \(allocated.count)")
            try hold(offer.returned == returned.count, "returned \(offer.returned), free \(returned.count)")
            try hold(allocated.union(returned) == Set(1..<offer.nextUnit), "holes in \(offer)")
            let limit = mostOffered[offer.id] ?? 0
            try hold(offer.held <= limit && offer.nextUnit - 1 <= limit, "more than was ever offered: \(offer)")
        }
    }
}
