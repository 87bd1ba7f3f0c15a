@testable import Marketplace

/// The users, listings and orders services, and simplified payments, connected by streams that deliver late, twice and
/// out of order.
struct MarketSimulation {
    var random: SeededGenerator
    private(set) var now = Fixture.now
    private(set) var users = InMemoryUsers()
    private(set) var listings = InMemoryListings()
    private(set) var orders = InMemoryOrders()
    private(set) var payments = SimplifiedPayments()

    private var toListings = DelayedStream<Message<ListingsCommand, ListingsEvent>>.messages()
    private var toOrders = DelayedStream<Message<OrdersCommand, OrdersEvent>>.messages()
    private var toPayments = DelayedStream<OrderState>()
    /// All events that were sent to the listings service and to the orders service.
    private(set) var emitted: (listings: [ListingsEvent], orders: [OrdersEvent]) = ([], [])
    private(set) var deferrals = 0

    private var nextId: UInt64 = 1000
    private var userIds: [UserID] = []
    private var listingIds: [ListingID] = []
    private var orderIds: [OrderID] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    // MARK: User actions

    mutating func act() throws {
        now = now + .seconds(Int64.random(in: 0...40, using: &random))
        if userIds.isEmpty { try send(.signUp(signUp()), by: .nobody) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<6: try send(.signUp(signUp()), by: .nobody)
        case 6..<9: try send(.banUser(BanUser(userId: anyUser(), reason: "fraud")), by: .operator)
        case 9..<12: try send(.unbanUser(UnbanUser(userId: anyUser())), by: .operator)
        case 12..<20: list()
        case 20..<26: changeListing()
        case 26..<50: order()
        case 50..<54: cancel()
        case 54..<72: pay()
        case 72..<76: emitExpiries()
        default: break
        }
        try deliver()
    }

    /// Checks the invariants of the listings and orders services.
    func check() throws {
        try listings.check()
        try orders.check()
    }

    private mutating func id() -> UInt64 {
        nextId += 1
        return nextId
    }

    private mutating func anyUser() -> UserID { random.pick(userIds.suffix(8)) ?? .n(1) }
    private mutating func anyOrder() -> OrderID { random.pick(orderIds.suffix(25)) ?? .n(1) }

    private mutating func signUp() -> SignUp {
        let number = id()
        return SignUp(
            email: .sample("user\(number)"), passwordHash: "x",
            session: NewSession(id: .n(number), tokenHash: .sample(number), userAgent: ""))
    }

    private mutating func send(_ command: UsersCommand, by actor: Actor) throws {
        let head = CommandHead(id: .n(id()), actor: actor, at: now)
        if case .signUp = command { userIds.append(.n(nextId)) }
        try publish(try users.run([(head, command)], now: now))
    }

    /// The version of an account in the users service, which is the one that the API reads.
    private func version(of user: UserID) -> Int64 { users.users[user]?.version ?? 0 }

    private mutating func list() {
        let seller = anyUser()
        let head = CommandHead(id: .n(id()), actor: .user(seller), at: now)
        listingIds.append(.n(nextId))
        let quantity = Int.random(in: 1...12, using: &random)
        toListings.add(
            .command(
                head,
                .createListing(
                    CreateListing(
                        title: "Row 7", price: 2500, currency: .usd, quantity: quantity,
                        userVersion: version(of: seller)))))
    }

    private mutating func changeListing() {
        guard let listing = random.pick(listingIds.suffix(6)).flatMap({ listings.listings[$0] }) else { return }
        let change = ChangeListing(
            ticketId: listing.state.id, price: random.pick([nil, 2500, 3000]) ?? nil,
            quantity: Int.random(in: 1...12, using: &random), withdrawn: random.chance(15),
            userVersion: version(of: listing.state.sellerId))
        let head = CommandHead(id: .n(id()), actor: .user(listing.state.sellerId), at: now)
        toListings.add(.command(head, .changeListing(change)))
    }

    private mutating func order() {
        guard let listing = random.pick(listingIds.suffix(6)).flatMap({ listings.listings[$0] }) else { return }
        let buyer = anyUser()
        let head = CommandHead(id: .n(id()), actor: .user(buyer), at: now)
        orderIds.append(.n(nextId))
        let command = CreateOrder(
            ticketId: listing.state.id, quantity: Int.random(in: 1...3, using: &random), price: nil,
            ticketVersion: listing.state.version, userVersion: version(of: buyer))
        toOrders.add(.command(head, .createOrder(command)))
    }

    private mutating func cancel() {
        guard let order = orders.orders[anyOrder()] else { return }
        let head = CommandHead(id: .n(id()), actor: .user(order.userId), at: now)
        toOrders.add(.command(head, .cancelOrder(CancelOrder(orderId: order.id))))
    }

    private mutating func pay() {
        let order = anyOrder()
        let attempts = payments.attempts[order]?.count ?? 0
        let number = Int.random(in: 1...max(1, attempts), using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<7:
            emit(payments.authorize(order))
            // Some attempts end before their events are delivered.
            if random.chance(20) { emit(payments.end(order, attempts + 1)) }
        case 7..<8: emit(payments.end(order, number))
        default: emit(payments.refund(order, number))
        }
    }

    /// Emits expiries by a clock that is up to three seconds ahead.
    private mutating func emitExpiries() {
        let due = orders.orders.values.filter { $0.status == .awaitingPayment && $0.expiresAt <= now + .seconds(3) }
        for order in due.sorted(by: { $0.id < $1.id }) {
            emit(.expired(PreviousBuildExpiry(orderId: order.id, expiresAt: order.expiresAt)))
        }
    }

    // MARK: Streams

    private mutating func emit(_ event: ListingsEvent) {
        emitted.listings.append(event)
        toListings.add(.event(EventHead(id: .n(id()), version: 1, at: now), event))
    }

    private mutating func emit(_ event: OrdersEvent) {
        emitted.orders.append(event)
        toOrders.add(.event(EventHead(id: .n(id()), version: 1, at: now), event))
    }

    private mutating func emit(_ events: [PaymentEvent]) {
        for event in events { emit(.payment(event)) }
    }

    private mutating func publish(_ decisions: [Decision]) throws {
        for event in decisions.flatMap(\.events) {
            switch event.body {
            case let user as UserState:
                emit(ListingsEvent.user(user))
                emit(OrdersEvent.user(user))
            case let listing as ListingState: emit(.listing(listing))
            case let order as OrderState:
                emit(.order(CountedOrder(order)))
                toPayments.add(order)
            default: throw BrokenInvariant("an event with an unknown body: \(event.type)")
            }
        }
    }

    private mutating func deliver(all: Bool = false) throws {
        let listingMessages = toListings.take(all: all, using: &random)
        let listingDecisions = try listings.run(listingMessages, now: now)
        for (message, decision) in zip(listingMessages, listingDecisions) where decision.isDeferred {
            toListings.add(message)
        }
        try publish(listingDecisions)
        if all || random.chance(30) { try publish(try listings.runWork(limit: 2, now: now)) }

        let orderMessages = toOrders.take(all: all, using: &random)
        let orderDecisions = try orders.run(orderMessages, now: now)
        for (message, decision) in zip(orderMessages, orderDecisions) where decision.isDeferred {
            deferrals += 1
            toOrders.add(message)
        }
        try publish(orderDecisions)
        if all || random.chance(30) { try publish(try orders.runWork(limit: 2, now: now)) }

        for order in toPayments.take(all: all, using: &random) { emit(payments.apply(order)) }
    }

    // MARK: Settling

    /// Lets every hold expire and delivers all messages, without new user actions.
    mutating func settle() throws {
        var rounds = 0
        repeat {
            now = now + .seconds(3600)
            emitExpiries()
            try deliver(all: true)
            try check()
            rounds += 1
            try ensure(rounds < 100, "it never settles: \(toListings) \(toOrders)")
        } while !isSettled
    }

    private var isSettled: Bool {
        toListings.isEmpty && toOrders.isEmpty && toPayments.isEmpty && listings.work.isEmpty && orders.work.isEmpty
            && !orders.orders.values.contains { $0.status == .awaitingPayment }
    }

    /// Delivers all events again, shuffled and some of them twice.
    mutating func repeatAllEvents() throws -> (listings: [Decision], orders: [Decision]) {
        let again = (emitted.listings + emitted.listings.shuffled(using: &random).prefix(100)).shuffled(using: &random)
        let orderAgain = (emitted.orders + emitted.orders.shuffled(using: &random).prefix(100)).shuffled(using: &random)
        let head = EventHead(id: .n(1), version: 1, at: now)
        return (
            try splitRandomly(again, using: &random).flatMap {
                try listings.run($0.map { .event(head, $0) }, now: now)
            },
            try splitRandomly(orderAgain, using: &random).flatMap {
                try orders.run($0.map { .event(head, $0) }, now: now)
            }
        )
    }
}
