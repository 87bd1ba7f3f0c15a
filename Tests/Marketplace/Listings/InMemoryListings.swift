@testable import Marketplace

/// The schema `tickets` in memory. It loads and stores the same rows as the SQL, and enforces the key and `CHECK`
/// constraints.
struct InMemoryListings: Equatable, InMemoryWork {
    private(set) var users: [UserID: UserCopy] = [:]
    private(set) var listings: [ListingID: Listing] = [:]
    private(set) var orders: [OrderID: CountedOrder] = [:]
    private(set) var performances: [PerformanceID: PerformanceCopy] = [:]
    private(set) var seats: [ListingID: [ListedSeat]] = [:]
    private(set) var work: Set<Work> = []
    private(set) var log = EventLog()

    mutating func run(
        _ batch: [Message<ListingsCommand, ListingsEvent>], now: Timestamp
    ) throws -> [Decision] {
        var decider = load(batch)
        let decisions = batch.map { decider.decide($0, now: now) }
        try store(decider)
        try log.add(decisions.flatMap(\.events))
        return decisions
    }

    static func event(_ slice: WorkSlice) -> ListingsEvent {
        slice.work.kind == .followPerformance ? .followPerformance(slice) : .withdrawListings(slice)
    }

    private func load(_ batch: [Message<ListingsCommand, ListingsEvent>]) -> ListingsDecider {
        var ids = (
            users: Set<UserID>(), listings: Set<ListingID>(), orders: Set<OrderID>(),
            performances: Set<PerformanceID>()
        )
        for message in batch {
            switch message {
            case .command(let head, let command):
                if let actor = head.actor.userID { ids.users.insert(actor) }
                switch command {
                case .createListing(let command):
                    ids.listings.insert(ListingID(head.id.uuid))
                    if let performance = command.performanceId { ids.performances.insert(performance) }
                case .changeListing(let command): ids.listings.insert(command.ticketId)
                case .closeListing(let command): ids.listings.insert(command.subject)
                case .takeDownListing(let command): ids.listings.insert(command.ticketId)
                case .putBackListing(let command):
                    ids.listings.insert(command.ticketId)
                    ids.users.insert(command.sellerId)
                case .reportListing(let command): ids.listings.insert(command.ticketId)
                case .dismissReports(let command): ids.listings.insert(command.ticketId)
                // These simulations have no drafts, no fees and no policies.
                case .applyPricing, .saveDraft, .deleteDraft: break
                }
            case .event(_, .checkPolicies): break
            case .event(_, .user(let user)): ids.users.insert(user.id)
            case .event(_, .order(let order)):
                ids.orders.insert(order.orderId)
                ids.listings.insert(order.ticketId)
                if order.isPaid { ids.listings.formUnion(rivals(of: order)) }
            case .event(_, .withdrawListings(let slice)):
                let seller = UserID(slice.work.subject)
                ids.users.insert(seller)
                let onSale = listings.values.filter { $0.state.sellerId == seller && !$0.state.withdrawn }
                ids.listings.formUnion(
                    onSale.map(\.state.id).sorted().dropFirst(slice.skipped).prefix(slice.limit))
            case .event(_, .performance(let performance)): ids.performances.insert(performance.id)
            case .event(_, .followPerformance(let slice)):
                let performance = PerformanceID(slice.work.subject)
                ids.performances.insert(performance)
                if let winner = performances[performance]?.mergedInto { ids.performances.insert(winner) }
                let behind = listings.values.filter { listing in
                    listing.state.performanceId == performance
                        && listing.performanceVersion ?? 0 < performances[performance]?.version ?? 0
                }
                .sorted { $0.state.id < $1.state.id }.dropFirst(slice.skipped).prefix(slice.limit)
                ids.listings.formUnion(behind.map(\.state.id))
                ids.users.formUnion(behind.map(\.state.sellerId))
            }
        }
        // A change may need the performance of its listing to decide a price.
        ids.performances.formUnion(ids.listings.compactMap { listings[$0]?.state.performanceId })
        return ListingsDecider(
            users: ids.users.rows(of: users), listings: ids.listings.rows(of: listings),
            orders: ids.orders.rows(of: orders), performances: ids.performances.rows(of: performances),
            seats: SeatClaims(
                seats: ids.listings.rows(of: seats).flatMap(\.self),
                claims: seats.values.joined().filter(\.claimed)))
    }

    /// The listings that claim the seats of an order of another listing.
    private func rivals(of order: CountedOrder) -> [ListingID] {
        let own = (seats[order.ticketId] ?? []).filter { !$0.claimed && order.units?.contains($0.unit) ?? false }
        return seats.values.joined().filter { seat in
            seat.claimed && own.contains { $0.place == seat.place && $0.sale == seat.sale }
        }
        .map(\.ticketId)
    }

    private mutating func store(_ decider: ListingsDecider) throws {
        for user in decider.upsertedUsers.rows(of: decider.users)
        where users[user.id].map({ $0.version < user.version }) ?? true {
            users[user.id] = user
        }
        for id in decider.insertedListings { try listings.insert(try known(decider.listings[id]), for: id) }
        for id in decider.updatedListings { try listings.update(try known(decider.listings[id]), for: id) }
        work = work.union(decider.work.started).subtracting(decider.work.ended)
        for seat in decider.seats.inserted { seats[seat.ticketId, default: []].append(seat) }
        for seat in decider.seats.updated { seats[seat.ticketId]?[seat.unit - 1] = seat }
        for id in decider.upsertedOrders { orders[id] = try known(decider.orders[id]) }
        for id in decider.upsertedPerformances { performances[id] = try known(decider.performances[id]) }
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw BrokenInvariant("changed, but not on the decider") }
        return value
    }

    /// Checks the invariants that hold after every batch.
    func check() throws {
        try checkSeats()
        for listing in listings.values {
            let counted = orders.values.filter { $0.ticketId == listing.state.id }
            try ensure(listing.held == counted.map(\.held).reduce(0, +), "held of \(listing)")
            try ensure(listing.sold == counted.map(\.sold).reduce(0, +), "sold of \(listing)")
            try ensure(log.versions["\(listing.state.id)"] == listing.state.version, "the version of \(listing)")
            try ensure(listing.state.suspended == nil || listing.state.withdrawn, "suspended and on sale: \(listing)")
            try ensure(listing.state.takenDown == nil || listing.state.withdrawn, "taken down and on sale: \(listing)")
        }
    }
}
