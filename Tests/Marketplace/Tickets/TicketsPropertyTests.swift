import Testing

@testable import Marketplace

@Suite struct TicketsPropertyTests {
    private typealias TicketsMessage = Message<TicketsCommand, TicketsEvent>

    /// Makes messages: listings, changes, users who come and go, and orders that live their lives.
    private struct Fuzz {
        var random: SeededGenerator
        var nextId: UInt64 = 1000
        var tickets: [TicketID] = [.n(7)]
        var orders: [OrderState] = []
        var versions: [UInt64: Int64] = [:]

        mutating func batch(_ books: TicketsBooks) -> [TicketsMessage] {
            (0..<Int.random(in: 1...16, using: &random)).map { _ in message(books) }
        }

        private mutating func message(_ books: TicketsBooks) -> TicketsMessage {
            nextId += 1
            let seller = random.pick([90, 91, 92] as [UInt64]) ?? 90
            let version = books.users[.n(seller)]?.version ?? 0
            let head = EventHead(id: .n(nextId), version: 1, at: Sample.now)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<15:
                let id: TicketID = random.chance(8) ? random.pick(tickets) ?? .n(7) : .n(nextId)
                tickets.append(id)
                let create = CreateTicket(
                    title: random.chance(95) ? "Row 7" : "", price: 2500, currency: .usd, quantity: 9,
                    userVersion: version + (random.chance(5) ? 1 : 0))
                return .command(
                    CommandHead(id: CommandID(id.uuid), actor: .user(.n(seller)), at: Sample.now), .createTicket(create)
                )
            case 15..<40:
                let change = ChangeTicket(
                    ticketId: random.pick(tickets.suffix(12)) ?? .n(7), price: random.pick([1, 2, 0]),
                    quantity: random.pick([1, 9]), withdrawn: random.chance(20),
                    ifVersion: random.chance(20) ? 2 : nil, userVersion: version)
                return .command(
                    CommandHead(id: .n(nextId), actor: .user(.n(seller)), at: Sample.now), .changeTicket(change))
            case 40..<50:
                versions[seller, default: 0] += random.pick([1, 1, 0, 2]) ?? 1
                let status: UserState.Status = random.chance(15) ? .banned : .active
                return .event(
                    head,
                    .user(UserState(id: .n(seller), status: status, role: .member, version: versions[seller] ?? 1)))
            default: return .event(head, .order(order(books)))
            }
        }

        /// A new order, the next state of one, or one of an earlier time.
        private mutating func order(_ books: TicketsBooks) -> OrderState {
            let last = Int.random(in: 0..<(orders.count + 1), using: &random)
            guard last < orders.count, random.chance(70) else {
                var order = Sample.order(nextId, quantity: Int.random(in: 1...4, using: &random))
                // An order is only ever of a ticket that is listed: its event is heard after.
                let listed = tickets.suffix(12).filter { books.listings[$0] != nil }
                order.ticketId = random.pick(listed) ?? .n(99)
                orders.append(order)
                return order
            }
            if random.chance(20) { return orders[last] }
            var order = orders[last]
            order.version += 1
            order.status =
                switch order.status {
                case .awaitingPayment: random.chance(60) ? .confirmed : .cancelled
                case .confirmed: random.chance(80) ? .complete : .cancelled
                case .complete, .refunded: .refunded
                case .cancelled: .cancelled
                }
            orders.append(order)
            return order
        }
    }

    @Test(arguments: Seeds.all) func promisesHoldAfterEachBatchHoweverItIsCut(seed: UInt64) throws {
        var fuzz = Fuzz(random: SeededGenerator(seed: seed))
        var books = TicketsBooks()
        var tally: [String: Int] = [:]
        for step in 0..<150 {
            let batch = fuzz.batch(books)
            var pieces = books
            let whole = try books.run(batch, now: Sample.now).map(Outcome.init)
            try books.check()
            let inPieces = try cut(batch, using: &fuzz.random).flatMap {
                try pieces.run($0, now: Sample.now).map(Outcome.init)
            }
            try #require(whole == inPieces, "step \(step)")
            // Compared first: a failure would print both books whole.
            let isSame = books == pieces
            try #require(isSame, "step \(step)")
            for outcome in whole { tally[String(outcome.verdict.prefix { $0 != "{" }), default: 0] += 1 }
        }
        guard Seeds.fixed.contains(seed) else { return }
        for verdict in [
            "done ", "put off", "refused banned", "refused forbidden", "refused invalid", "refused staleVersion",
            "refused keyReused",
        ] {
            try #require(tally[verdict] ?? 0 > 0, "\(verdict) of \(tally)")
        }
    }

    /// Whatever the order in which the states of orders are heard, however often, the counts are those of the last.
    @Test(arguments: Seeds.all) func theOrderInWhichOrdersAreHeardMakesNoDifference(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let lives: [[OrderState.Status]] = [
            [.awaitingPayment], [.awaitingPayment, .cancelled], [.awaitingPayment, .confirmed],
            [.awaitingPayment, .confirmed, .cancelled], [.awaitingPayment, .confirmed, .complete],
            [.awaitingPayment, .confirmed, .complete, .refunded],
        ]
        for _ in 0..<60 {
            var told: [OrderState] = []
            var expected = (held: 0, sold: 0)
            for id in 1...8 as ClosedRange<UInt64> {
                let life = random.pick(lives) ?? []
                for (index, status) in life.enumerated() {
                    told.append(Sample.order(id, quantity: Int(id), status: status, version: Int64(index + 1)))
                }
                let last = CountedOrder(try #require(told.last))
                expected = (expected.held + last.held, expected.sold + last.sold)
            }
            told += told.filter { _ in random.chance(30) }
            told.shuffle(using: &random)

            var books = TicketsBooks()
            let user = TicketsMessage.event(
                Sample.eventHead(), .user(UserState(id: .n(90), status: .active, role: .member, version: 1)))
            let create = CreateTicket(title: "Row 7", price: 2500, currency: .usd, quantity: 99, userVersion: 1)
            _ = try books.run(
                [user, .command(Sample.head(1, by: .user(.n(90))), .createTicket(create))], now: Sample.now)
            let messages = told.map { TicketsMessage.event(Sample.eventHead(), .order($0)) }
            for part in cut(messages, using: &random) {
                let decisions = try books.run(part, now: Sample.now)
                try #require(decisions.allSatisfy { $0.isSilent })
            }
            let listing = try #require(books.listings[.n(1)])
            try #require(listing.held == expected.held && listing.sold == expected.sold)
            try #require(listing.state.version == 1)
        }
    }
}
