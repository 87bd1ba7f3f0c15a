@testable import Marketplace

/// The services, joined by streams that deliver late, twice and out of order.
struct MarketSimulation {
    var random: SeededGenerator
    private(set) var now = Sample.now
    private(set) var users = UsersBooks()
    private(set) var tickets = TicketsBooks()
    private(set) var orders = OrdersBooks()
    private(set) var payments = PaymentsSketch()

    private var forTickets = DelayedStream<Message<TicketsCommand, TicketsEvent>>.messages()
    private var forOrders = DelayedStream<Message<OrdersCommand, OrdersEvent>>.messages()
    private var forPayments = DelayedStream<OrderState>()
    /// Every event that was told.
    private(set) var told: (tickets: [TicketsEvent], orders: [OrdersEvent]) = ([], [])
    private(set) var putOffs = 0

    private var nextId: UInt64 = 1000
    private var userIds: [UserID] = []
    private var ticketIds: [TicketID] = []
    private var orderIds: [OrderID] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    // MARK: What people do

    mutating func act() throws {
        now = now + .seconds(Int64.random(in: 0...40, using: &random))
        if userIds.isEmpty { try ask(.signUp(signUp()), by: .nobody) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<6: try ask(.signUp(signUp()), by: .nobody)
        case 6..<9: try ask(.banUser(BanUser(userId: someone(), reason: "fraud")), by: .operator)
        case 9..<12: try ask(.unbanUser(UnbanUser(userId: someone())), by: .operator)
        case 12..<20: list()
        case 20..<26: changeListing()
        case 26..<50: order()
        case 50..<54: cancel()
        case 54..<72: pay()
        case 72..<76: tellExpiries()
        default: break
        }
        try deliver()
    }

    /// The promises of every service.
    func check() throws {
        try tickets.check()
        try orders.check()
    }

    private mutating func id() -> UInt64 {
        nextId += 1
        return nextId
    }

    private mutating func someone() -> UserID { random.pick(userIds.suffix(8)) ?? .n(1) }
    private mutating func someOrder() -> OrderID { random.pick(orderIds.suffix(25)) ?? .n(1) }

    private mutating func signUp() -> SignUp {
        let number = id()
        return SignUp(
            email: .sample("user\(number)"), passwordHash: "x",
            session: NewSession(id: .n(number), tokenHash: .sample(number), userAgent: ""))
    }

    private mutating func ask(_ command: UsersCommand, by actor: Actor) throws {
        let head = CommandHead(id: .n(id()), actor: actor, at: now)
        if case .signUp = command { userIds.append(.n(nextId)) }
        try publish(try users.run([(head, command)], now: now))
    }

    /// The version of an account that the API saw, in the schema that owns it.
    private func seen(_ user: UserID) -> Int64 { users.users[user]?.version ?? 0 }

    private mutating func list() {
        let seller = someone()
        let head = CommandHead(id: .n(id()), actor: .user(seller), at: now)
        ticketIds.append(.n(nextId))
        let quantity = Int.random(in: 1...12, using: &random)
        forTickets.add(
            .command(
                head,
                .createTicket(
                    CreateTicket(
                        title: "Row 7", price: 2500, currency: .usd, quantity: quantity, userVersion: seen(seller)))))
    }

    private mutating func changeListing() {
        guard let listing = random.pick(ticketIds.suffix(6)).flatMap({ tickets.listings[$0] }) else { return }
        let change = ChangeTicket(
            ticketId: listing.state.id, price: random.pick([nil, 2500, 3000]) ?? nil,
            quantity: Int.random(in: 1...12, using: &random), withdrawn: random.chance(15),
            userVersion: seen(listing.state.sellerId))
        let head = CommandHead(id: .n(id()), actor: .user(listing.state.sellerId), at: now)
        forTickets.add(.command(head, .changeTicket(change)))
    }

    private mutating func order() {
        guard let listing = random.pick(ticketIds.suffix(6)).flatMap({ tickets.listings[$0] }) else { return }
        let buyer = someone()
        let head = CommandHead(id: .n(id()), actor: .user(buyer), at: now)
        orderIds.append(.n(nextId))
        let command = CreateOrder(
            ticketId: listing.state.id, quantity: Int.random(in: 1...3, using: &random), price: nil,
            ticketVersion: listing.state.version, userVersion: seen(buyer))
        forOrders.add(.command(head, .createOrder(command)))
    }

    private mutating func cancel() {
        guard let order = orders.orders[someOrder()] else { return }
        let head = CommandHead(id: .n(id()), actor: .user(order.userId), at: now)
        forOrders.add(.command(head, .cancelOrder(CancelOrder(orderId: order.id))))
    }

    private mutating func pay() {
        let order = someOrder()
        let attempts = payments.attempts[order]?.count ?? 0
        let number = Int.random(in: 1...max(1, attempts), using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<7:
            tell(payments.authorize(order))
            // Some die before anyone has heard of them.
            if random.chance(20) { tell(payments.die(order, attempts + 1)) }
        case 7..<8: tell(payments.die(order, number))
        default: tell(payments.refund(order, number))
        }
    }

    /// By a clock that is up to three seconds ahead.
    private mutating func tellExpiries() {
        let due = orders.orders.values.filter { $0.status == .awaitingPayment && $0.expiresAt <= now + .seconds(3) }
        for order in due.sorted(by: { $0.id < $1.id }) {
            tell(.expired(OrderExpiry(orderId: order.id, expiresAt: order.expiresAt)))
        }
    }

    // MARK: What goes between the services

    private mutating func tell(_ event: TicketsEvent) {
        told.tickets.append(event)
        forTickets.add(.event(EventHead(id: .n(id()), version: 1, at: now), event))
    }

    private mutating func tell(_ event: OrdersEvent) {
        told.orders.append(event)
        forOrders.add(.event(EventHead(id: .n(id()), version: 1, at: now), event))
    }

    private mutating func tell(_ events: [PaymentEvent]) {
        for event in events { tell(.payment(event)) }
    }

    private mutating func publish(_ decisions: [Decision]) throws {
        for event in decisions.flatMap(\.events) {
            switch event.body {
            case let user as UserState:
                tell(TicketsEvent.user(user))
                tell(OrdersEvent.user(user))
            case let ticket as TicketState: tell(.ticket(ticket))
            case let order as OrderState:
                tell(.order(order))
                forPayments.add(order)
            default: throw Broken("an event of no known body: \(event.type)")
            }
        }
    }

    private mutating func deliver(all: Bool = false) throws {
        let ticketsHear = forTickets.take(all: all, using: &random)
        let ticketsSay = try tickets.run(ticketsHear, now: now)
        for (message, decision) in zip(ticketsHear, ticketsSay) where decision.isPutOff { forTickets.add(message) }
        try publish(ticketsSay)

        let ordersHear = forOrders.take(all: all, using: &random)
        let ordersSay = try orders.run(ordersHear, now: now)
        for (message, decision) in zip(ordersHear, ordersSay) where decision.isPutOff {
            putOffs += 1
            forOrders.add(message)
        }
        try publish(ordersSay)

        for order in forPayments.take(all: all, using: &random) { tell(payments.hear(order)) }
    }

    // MARK: The end

    /// Nobody does anything any more: every hold runs out, and all is delivered.
    mutating func settle() throws {
        var rounds = 0
        repeat {
            now = now + .seconds(3600)
            tellExpiries()
            try deliver(all: true)
            try check()
            rounds += 1
            try hold(rounds < 100, "it never settles: \(forTickets) \(forOrders)")
        } while !isQuiet
    }

    private var isQuiet: Bool {
        forTickets.isEmpty && forOrders.isEmpty && forPayments.isEmpty
            && !orders.orders.values.contains { $0.status == .awaitingPayment }
    }

    /// All that was ever told, once more: shuffled, some of it twice.
    mutating func tellAllAgain() throws -> (tickets: [Decision], orders: [Decision]) {
        let again = (told.tickets + told.tickets.shuffled(using: &random).prefix(100)).shuffled(using: &random)
        let orderAgain = (told.orders + told.orders.shuffled(using: &random).prefix(100)).shuffled(using: &random)
        let head = EventHead(id: .n(1), version: 1, at: now)
        return (
            try cut(again, using: &random).flatMap { try tickets.run($0.map { .event(head, $0) }, now: now) },
            try cut(orderAgain, using: &random).flatMap { try orders.run($0.map { .event(head, $0) }, now: now) }
        )
    }
}
