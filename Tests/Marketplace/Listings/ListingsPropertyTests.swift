import Testing

@testable import Marketplace

@Suite struct ListingsPropertyTests {
    private typealias ListingsMessage = Message<ListingsCommand, ListingsEvent>

    /// Generates messages: new and changed listings, bans, and all states of orders.
    private struct MessageGenerator {
        var random: SeededGenerator
        var nextId: UInt64 = 1000
        var ids: [ListingID] = [.n(7)]
        var orders: [OrderState] = []
        var versions: [UInt64: Int64] = [:]

        mutating func batch(_ store: InMemoryListings) -> [ListingsMessage] {
            (0..<Int.random(in: 1...16, using: &random)).map { _ in message(store) }
        }

        private mutating func message(_ store: InMemoryListings) -> ListingsMessage {
            nextId += 1
            let seller = random.pick([90, 91, 92] as [UInt64]) ?? 90
            let version = store.users[.n(seller)]?.version ?? 0
            let head = EventHead(id: .n(nextId), version: 1, at: Fixture.now)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<15:
                let id: ListingID = random.chance(8) ? random.pick(ids) ?? .n(7) : .n(nextId)
                ids.append(id)
                let create = CreateListing(
                    title: random.chance(95) ? "Row 7" : "", price: 2500, currency: .usd, quantity: 9,
                    splitRule: random.chance(70) ? nil : random.pick([.pairs, .noSingle, .allTogether]),
                    userVersion: version + (random.chance(5) ? 1 : 0))
                return .command(
                    CommandHead(id: CommandID(id.uuid), actor: .user(.n(seller)), at: Fixture.now),
                    .createListing(create)
                )
            case 15..<40:
                let change = ChangeListing(
                    ticketId: random.pick(ids.suffix(12)) ?? .n(7), price: random.pick([50, 60, 0]),
                    quantity: random.pick([1, 8, 9]),
                    splitRule: random.chance(40) ? nil : random.pick([.any, .pairs, .noSingle]),
                    withdrawn: random.chance(20),
                    ifVersion: random.chance(20) ? 2 : nil, userVersion: version)
                return .command(
                    CommandHead(id: .n(nextId), actor: .user(.n(seller)), at: Fixture.now), .changeListing(change))
            case 40..<50:
                versions[seller, default: 0] += random.pick([1, 1, 0, 2]) ?? 1
                let status: UserState.Status = random.chance(15) ? .banned : .active
                return .event(
                    head,
                    .user(UserState(id: .n(seller), status: status, role: .member, version: versions[seller] ?? 1)))
            default: return .event(head, .order(CountedOrder(order(store))))
            }
        }

        /// Picks a new order, the next state of an order, or an earlier state.
        private mutating func order(_ store: InMemoryListings) -> OrderState {
            let last = Int.random(in: 0..<(orders.count + 1), using: &random)
            guard last < orders.count, random.chance(70) else {
                var order = Fixture.order(nextId, quantity: Int.random(in: 1...4, using: &random))
                // An order's listing exists before the order does.
                let known = ids.suffix(12).filter { store.listings[$0] != nil }
                order.ticketId = random.pick(known) ?? .n(99)
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

    @Test(arguments: Seeds.all) func invariantsHoldForEveryBatchAndSplit(seed: UInt64) throws {
        var generator = MessageGenerator(random: SeededGenerator(seed: seed))
        var store = InMemoryListings()
        var tally: [String: Int] = [:]
        for step in 0..<150 {
            let batch = generator.batch(store)
            var splitStore = store
            let whole = try store.run(batch, now: Fixture.now).map(DecisionSummary.init)
            try store.check()
            let split = try splitRandomly(batch, using: &generator.random).flatMap {
                try splitStore.run($0, now: Fixture.now).map(DecisionSummary.init)
            }
            try #require(whole == split, "step \(step)")
            let work = try store.runWork(now: Fixture.now).flatMap(\.events).map(\.subject)
            let splitWork = try splitStore.runWork(limit: 1, now: Fixture.now).flatMap(\.events).map(\.subject)
            try #require(work.sorted() == splitWork.sorted(), "step \(step)")
            // Compared outside of `#require`: a failure would print both stores.
            let isSame = store == splitStore
            try #require(isSame, "step \(step)")
            for summary in whole { tally[String(summary.outcome.prefix { $0 != "{" }), default: 0] += 1 }
        }
        guard Seeds.fixed.contains(seed) else { return }
        for outcome in [
            "reply ", "deferred", "refused banned", "refused forbidden", "refused invalid", "refused staleVersion",
            "refused keyReused", "refused lotDoesNotSplit", "refused splitBusy",
        ] {
            try #require(tally[outcome] ?? 0 > 0, "\(outcome) of \(tally)")
        }
    }

    /// The counts follow from the last state of each order, regardless of the sequence and repetition of the events.
    @Test(arguments: Seeds.all) func countsDoNotDependOnTheOrderOfEvents(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let histories: [[OrderState.Status]] = [
            [.awaitingPayment], [.awaitingPayment, .cancelled], [.awaitingPayment, .confirmed],
            [.awaitingPayment, .confirmed, .cancelled], [.awaitingPayment, .confirmed, .complete],
            [.awaitingPayment, .confirmed, .complete, .refunded],
        ]
        for _ in 0..<60 {
            var events: [OrderState] = []
            var expected = (held: 0, sold: 0)
            for id in 1...8 as ClosedRange<UInt64> {
                let history = random.pick(histories) ?? []
                for (index, status) in history.enumerated() {
                    events.append(Fixture.order(id, quantity: Int(id), status: status, version: Int64(index + 1)))
                }
                let last = CountedOrder(try #require(events.last))
                expected = (expected.held + last.held, expected.sold + last.sold)
            }
            events += events.filter { _ in random.chance(30) }
            events.shuffle(using: &random)

            var store = InMemoryListings()
            let user = ListingsMessage.event(
                Fixture.eventHead(), .user(UserState(id: .n(90), status: .active, role: .member, version: 1)))
            let create = CreateListing(title: "Row 7", price: 2500, currency: .usd, quantity: 99, userVersion: 1)
            _ = try store.run(
                [user, .command(Fixture.head(1, by: .user(.n(90))), .createListing(create))], now: Fixture.now)
            let messages = events.map { ListingsMessage.event(Fixture.eventHead(), .order(CountedOrder($0))) }
            for part in splitRandomly(messages, using: &random) {
                let decisions = try store.run(part, now: Fixture.now)
                try #require(decisions.allSatisfy { $0.isSilent })
            }
            let listing = try #require(store.listings[.n(1)])
            try #require(listing.held == expected.held && listing.sold == expected.sold)
            try #require(listing.state.version == 1)
        }
    }
}
