@testable import Marketplace

/// Makes messages for the orders service: most of them sensible, some late, repeated, or written by hand.
struct OrdersFuzz {
    var random: SeededGenerator
    private(set) var now = Sample.now
    private var nextId: UInt64 = 1000
    private var made: [OrderID] = []
    private var versions: [String: Int64] = [:]

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private let users: [UserID] = [.n(1), .n(2), .n(3), .n(90)]
    private let tickets: [TicketID] = [.n(1), .n(2), .n(3)]

    mutating func batch(_ books: OrdersBooks) -> [Message<OrdersCommand, OrdersEvent>] {
        now = now + .seconds(Int64.random(in: 0...240, using: &random))
        return (0..<Int.random(in: 1...20, using: &random)).map { _ in message(books) }
    }

    mutating func message(_ books: OrdersBooks) -> Message<OrdersCommand, OrdersEvent> {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<38: create(books)
        case 38..<52: cancel(books)
        case 52..<74: .event(head(), .payment(payment(books)))
        case 74..<82: .event(head(), .expired(OrderExpiry(orderId: order(books), expiresAt: now)))
        case 82..<90: .event(head(), .user(user()))
        default: .event(head(), .ticket(ticket()))
        }
    }

    private mutating func head() -> EventHead {
        nextId += 1
        return EventHead(id: .n(nextId), version: 1, at: now)
    }

    /// Mostly one of the last that were really made and live, else one that was asked for, or that nobody knows.
    private mutating func order(_ books: OrdersBooks) -> OrderID {
        let recent = made.suffix(60)
        let living = recent.filter { books.orders[$0].map { !$0.status.isDead } ?? false }
        return random.chance(70)
            ? random.pick(living) ?? .n(7) : random.chance(95) ? random.pick(recent) ?? .n(7) : .n(7)
    }

    private mutating func create(_ books: OrdersBooks) -> Message<OrdersCommand, OrdersEvent> {
        nextId += 1
        // Now and then an id that has made an order before.
        let id: OrderID = random.chance(5) ? order(books) : .n(nextId)
        made.append(id)
        let ticket = random.chance(97) ? random.pick(tickets) ?? .n(1) : .n(99)
        let buyer = random.chance(97) ? random.pick(users) ?? .n(1) : .n(98)
        let seen = books.offers[ticket]
        let quantity = random.pick([1, 1, 1, 2, 2, 3, 5, 0, -1, 100, 101, .max]) ?? 1
        let command = CreateOrder(
            ticketId: ticket, quantity: quantity, price: random.chance(30) ? seen?.price : random.chance(10) ? 1 : nil,
            currency: random.chance(30) ? seen?.currency : nil,
            ticketVersion: (seen?.version ?? 0) + (random.chance(3) ? 1 : 0),
            userVersion: (books.users[buyer]?.version ?? 0) + (random.chance(3) ? 1 : 0))
        let actor: Actor = random.chance(98) ? .user(buyer) : .nobody
        return .command(CommandHead(id: CommandID(id.uuid), actor: actor, at: now), .createOrder(command))
    }

    private mutating func cancel(_ books: OrdersBooks) -> Message<OrdersCommand, OrdersEvent> {
        nextId += 1
        let order = order(books)
        let buyer = random.chance(90) ? books.orders[order]?.userId : nil
        return .command(
            CommandHead(id: .n(nextId), actor: .user(buyer ?? random.pick(users) ?? .n(1)), at: now),
            .cancelOrder(CancelOrder(orderId: order)))
    }

    private mutating func payment(_ books: OrdersBooks) -> PaymentEvent {
        let id = order(books)
        let kind = random.pick([PaymentEvent.Kind.authorized, .authorized, .charged, .failed, .refunded]) ?? .failed
        let amount = random.chance(95) ? books.orders[id]?.total : nil
        return PaymentEvent(
            kind: kind, orderId: id, attempt: random.chance(80) ? 1 : random.pick([2, 0, .max]) ?? 2,
            amount: amount ?? 5000, currency: .usd, paymentIntentId: nil, reason: nil)
    }

    /// The next version, the same again, an old one, or one with a gap before it.
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

    private mutating func ticket() -> TicketState {
        let number = random.pick(1...3 as ClosedRange<UInt64>) ?? 1
        return Sample.ticket(
            number, price: random.pick([1, 2500, 2500, 60_000_000, 0]) ?? 1,
            quantity: random.pick([1, 5, 10, 30, 30, 80, -3, 0]) ?? 1, withdrawn: random.chance(10),
            version: version("ticket \(number)"))
    }
}
