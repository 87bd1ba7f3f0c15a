@testable import Marketplace

/// Generates messages for the orders service: mostly valid, some late, repeated, or invalid.
struct OrdersMessageGenerator {
    var random: SeededGenerator
    private(set) var now = Fixture.now
    private var nextId: UInt64 = 1000
    private var created: [OrderID] = []
    private var versions: [String: Int64] = [:]

    /// True if all listings have seats. Some seats are then in several listings.
    private let hasSeats: Bool

    init(seed: UInt64, hasSeats: Bool = false) {
        random = SeededGenerator(seed: seed)
        self.hasSeats = hasSeats
    }

    private let users: [UserID] = [.n(1), .n(2), .n(3), .n(90)]
    private let listings: [ListingID] = [.n(1), .n(2), .n(3)]

    mutating func batch(_ store: InMemoryOrders) -> [Message<OrdersCommand, OrdersEvent>] {
        now = now + .seconds(Int64.random(in: 0...240, using: &random))
        return (0..<Int.random(in: 1...20, using: &random)).map { _ in message(store) }
    }

    mutating func message(_ store: InMemoryOrders) -> Message<OrdersCommand, OrdersEvent> {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<38: create(store)
        case 38..<52: cancel(store)
        case 52..<74: .event(head(), .payment(payment(store)))
        case 74..<82: .event(head(), .expired(PreviousBuildExpiry(orderId: order(store), expiresAt: now)))
        case 82..<90: .event(head(), .user(user()))
        default: .event(head(), .listing(listing()))
        }
    }

    private mutating func head() -> EventHead {
        nextId += 1
        return EventHead(id: .n(nextId), version: 1, at: now)
    }

    /// Usually picks one of the latest open orders, otherwise a requested or an unknown order.
    private mutating func order(_ store: InMemoryOrders) -> OrderID {
        let recent = created.suffix(60)
        let open = recent.filter { store.orders[$0].map { !$0.status.isClosed } ?? false }
        return random.chance(70)
            ? random.pick(open) ?? .n(7) : random.chance(95) ? random.pick(recent) ?? .n(7) : .n(7)
    }

    private mutating func create(_ store: InMemoryOrders) -> Message<OrdersCommand, OrdersEvent> {
        nextId += 1
        // Sometimes reuse the id of an order.
        let id: OrderID = random.chance(5) ? order(store) : .n(nextId)
        created.append(id)
        let listing = random.chance(97) ? random.pick(listings) ?? .n(1) : .n(99)
        let buyer = random.chance(97) ? random.pick(users) ?? .n(1) : .n(98)
        let seen = store.listings[listing]
        var quantity = random.pick([1, 1, 1, 2, 2, 3, 5, 0, -1, 100, 101, .max]) ?? 1
        var seats: [String]?
        if hasSeats, random.chance(40) {
            let first = Int.random(in: 1...12, using: &random)
            quantity = random.pick([1, 2, 2, 3]) ?? 1
            seats = (first..<first + quantity).map(String.init)
        }
        let command = CreateOrder(
            ticketId: listing, quantity: quantity, seats: seats,
            price: random.chance(30) ? seen?.price : random.chance(10) ? 1 : nil,
            currency: random.chance(30) ? seen?.currency : nil,
            ticketVersion: (seen?.version ?? 0) + (random.chance(3) ? 1 : 0),
            userVersion: (store.users[buyer]?.version ?? 0) + (random.chance(3) ? 1 : 0))
        let actor: Actor = random.chance(98) ? .user(buyer) : .nobody
        return .command(CommandHead(id: CommandID(id.uuid), actor: actor, at: now), .createOrder(command))
    }

    private mutating func cancel(_ store: InMemoryOrders) -> Message<OrdersCommand, OrdersEvent> {
        nextId += 1
        let order = order(store)
        let buyer = random.chance(90) ? store.orders[order]?.userId : nil
        return .command(
            CommandHead(id: .n(nextId), actor: .user(buyer ?? random.pick(users) ?? .n(1)), at: now),
            .cancelOrder(CancelOrder(orderId: order)))
    }

    private mutating func payment(_ store: InMemoryOrders) -> PaymentEvent {
        let id = order(store)
        let kind = random.pick([PaymentEvent.Kind.authorized, .authorized, .charged, .failed, .refunded]) ?? .failed
        let amount = random.chance(95) ? store.orders[id]?.total : nil
        return PaymentEvent(
            kind: kind, orderId: id, attempt: random.chance(80) ? 1 : random.pick([2, 0, .max]) ?? 2,
            amount: amount ?? 5000, currency: .usd, paymentIntentId: nil, reason: nil)
    }

    /// Picks the next version, the same version, an older one, or one after a gap.
    private mutating func version(_ subject: String) -> Int64 {
        let version = max(1, (versions[subject] ?? 0) + (random.pick([1, 1, 1, 0, -1, 3]) ?? 1))
        versions[subject] = max(version, versions[subject] ?? 0)
        return version
    }

    private mutating func user() -> UserState {
        let id = random.pick(users) ?? .n(1)
        return UserState(
            id: id, status: random.chance(10) ? .banned : .active, role: .member, version: version("\(id)"))
    }

    private mutating func listing() -> ListingState {
        let number = random.pick(1...3 as ClosedRange<UInt64>) ?? 1
        if hasSeats { return seatedListing(number) }
        return Fixture.listing(
            number, price: random.pick([1, 2500, 2500, 60_000_000, 0]) ?? 1,
            quantity: random.pick([1, 5, 10, 30, 30, 80, -3, 0]) ?? 1,
            splitRule: random.chance(70) ? nil : random.pick([.pairs, .noSingle, .allTogether, .any]),
            withdrawn: random.chance(10),
            version: version("listing \(number)"))
    }

    /// Listing 1 has the seats 1 to 6. Each further listing begins four seats later, so neighbouring listings share two
    /// seats. The performance of listing 1 is merged into the performance of the others after some time. The split rule
    /// of a listing never changes.
    private mutating func seatedListing(_ number: UInt64) -> ListingState {
        let first = Int(4 * number) - 3
        let rules: [SplitRule?] = [.noSingle, .pairs, nil]
        let version = version("listing \(number)")
        var state = Fixture.listing(
            number, quantity: 6, splitRule: rules[Int(number) - 1],
            details: ShowDetails(section: "Balcony", row: "7"), withdrawn: random.chance(10), version: version)
        state.seats = (first..<first + 6).map { Seat(name: "\($0)", sale: 1) }
        state.performanceId = number == 1 && version < 20 ? .n(2) : .n(1)
        return state
    }
}
