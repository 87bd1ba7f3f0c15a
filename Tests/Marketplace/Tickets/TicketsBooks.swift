@testable import Marketplace

/// The schema `tickets` in memory: loads for a desk and stores of it what the SQL does, and refuses what its keys and
/// checks refuse.
struct TicketsBooks: Equatable {
    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var listings: [TicketID: Listing] = [:]
    private(set) var orders: [OrderID: CountedOrder] = [:]
    private(set) var log = EventLog()

    mutating func run(
        _ batch: [Message<TicketsCommand, TicketsEvent>], now: Timestamp
    ) throws -> [Decision] {
        var desk = load(batch)
        let decisions = batch.map { desk.decide($0, now: now) }
        try store(desk)
        try log.add(decisions.flatMap(\.events))
        return decisions
    }

    private func load(_ batch: [Message<TicketsCommand, TicketsEvent>]) -> TicketsDesk {
        var named = (users: Set<UserID>(), banned: Set<UserID>(), tickets: Set<TicketID>(), orders: Set<OrderID>())
        for message in batch {
            switch message {
            case .command(let head, let command):
                if let actor = head.actor.userID { named.users.insert(actor) }
                switch command {
                case .createTicket: named.tickets.insert(TicketID(head.id.uuid))
                case .changeTicket(let command): named.tickets.insert(command.ticketId)
                }
            case .event(_, .user(let user)):
                named.users.insert(user.id)
                if user.status == .banned { named.banned.insert(user.id) }
            case .event(_, .order(let order)):
                named.orders.insert(order.id)
                named.tickets.insert(order.ticketId)
            }
        }
        let onSale = listings.values.filter { named.banned.contains($0.state.sellerId) && !$0.state.withdrawn }
        named.tickets.formUnion(onSale.map(\.state.id))
        return TicketsDesk(
            users: named.users.rows(of: users), listings: named.tickets.rows(of: listings),
            orders: named.orders.rows(of: orders))
    }

    private mutating func store(_ desk: TicketsDesk) throws {
        for user in desk.changedUsers.rows(of: desk.users)
        where users[user.id].map({ $0.version < user.version }) ?? true {
            users[user.id] = user
        }
        for id in desk.newListings { try listings.insert(try known(desk.listings[id]), for: id) }
        for id in desk.changedListings { try listings.update(try known(desk.listings[id]), for: id) }
        for id in desk.changedOrders { orders[id] = try known(desk.orders[id]) }
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Broken("changed, but not on the desk") }
        return value
    }

    /// The promises that hold after every batch.
    func check() throws {
        for listing in listings.values {
            let counted = orders.values.filter { $0.ticketId == listing.state.id }
            try hold(listing.held == counted.map(\.held).reduce(0, +), "held of \(listing)")
            try hold(listing.sold == counted.map(\.sold).reduce(0, +), "sold of \(listing)")
            try hold(log.versions["\(listing.state.id)"] == listing.state.version, "the version of \(listing)")
        }
    }
}
