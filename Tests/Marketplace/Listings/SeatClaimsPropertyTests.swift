import Testing

@testable import Marketplace

/// Sellers list, withdraw and put back seats at random, and the events of orders come in any order. No sale of a seat
/// may have two claims, and the result must not depend on how messages are split into batches.
@Suite struct SeatClaimsPropertyTests {
    private typealias ListingsMessage = Message<ListingsCommand, ListingsEvent>

    /// A model of the orders service: each sale of a seat has at most one order.
    private struct Orders {
        var orders: [OrderID: (state: CountedOrder, sales: Set<SeatSale.ID>)] = [:]
        /// Events that have not been delivered. They are delivered in any order, and some of them more than once.
        var events: [CountedOrder] = []

        var live: Set<SeatSale.ID> {
            orders.values.reduce(into: []) { if $1.state.status != .cancelled { $0.formUnion($1.sales) } }
        }

        mutating func create(_ id: OrderID, of seats: [ListedSeat], by buyer: UserID) {
            let sales = Set(seats.map { SeatSale.ID(place: $0.place, sale: $0.sale) })
            let isFree = orders.values.allSatisfy { order in
                order.state.status == .cancelled || order.state.ticketId != seats[0].ticketId
                    || Set(order.state.units ?? []).isDisjoint(with: seats.map(\.unit))
            }
            guard isFree, live.isDisjoint(with: sales) else { return }
            let order = CountedOrder(
                orderId: id, ticketId: seats[0].ticketId, quantity: seats.count, status: .awaitingPayment, version: 1,
                units: seats.map(\.unit).sorted(), userId: buyer)
            orders[id] = (order, sales)
            events.append(order)
        }

        mutating func advance(_ id: OrderID, to choice: Int) {
            guard var order = orders[id]?.state else { return }
            switch order.status {
            case .awaitingPayment: order.status = choice < 50 ? .confirmed : .cancelled
            case .confirmed: order.status = choice < 90 ? .complete : .cancelled
            case .complete where choice < 10: order.status = .refunded
            default: return
            }
            order.version += 1
            orders[id]?.state = order
            events.append(order)
        }
    }

    private struct Generator {
        var random: SeededGenerator
        var nextId: UInt64 = 1000
        var orders = Orders()
        /// The listings that admins tried to take down as a scam.
        var scams: Set<ListingID> = []
        var isMerged = false
        var performances: [PerformanceState] = [1, 2].map { Fixture.performance($0).state }

        mutating func batch(_ store: InMemoryListings) -> [ListingsMessage] {
            (0..<Int.random(in: 1...8, using: &random)).map { _ in message(store) }
        }

        private mutating func message(_ store: InMemoryListings) -> ListingsMessage {
            nextId += 1
            let known = store.listings.keys.sorted()
            let user: UInt64 = random.pick([90, 91, 92]) ?? 90
            let head = Fixture.head(nextId, by: .user(.n(user)))
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30:
                let first = Int.random(in: 1...5, using: &random)
                let names = (first...first + Int.random(in: 0...2, using: &random)).map(String.init)
                let performance: UInt64 = isMerged || random.chance(60) ? 1 : 2
                return .command(
                    head,
                    .createListing(
                        CreateListing(
                            title: "", price: 2500, currency: .usd, quantity: names.count, seats: names,
                            performanceId: .n(performance), details: ShowDetails(section: "B", row: "7"),
                            userVersion: 1)))
            case 30..<50:
                let id = random.pick(known) ?? .n(7)
                let owner = store.listings[id]?.state.sellerId ?? .n(90)
                return .command(
                    Fixture.head(nextId, by: .user(owner)),
                    .changeListing(ChangeListing(ticketId: id, withdrawn: random.chance(50), userVersion: 1)))
            case 50..<54:
                let id = random.pick(known) ?? .n(7)
                let head = Fixture.head(nextId, by: .operator)
                guard random.chance(50) else {
                    let seller = store.listings[id]?.state.sellerId ?? .n(7)
                    return .command(head, .putBackListing(PutBackListing(ticketId: id, sellerId: seller)))
                }
                let isScam = random.chance(50)
                if isScam { scams.insert(id) }
                return .command(head, .takeDownListing(TakeDownListing(ticketId: id, reason: isScam ? .scam : .other)))
            case 54..<75:
                if let id = random.pick(known), let seats = store.seats[id], !seats.isEmpty {
                    let first = Int.random(in: seats.indices, using: &random)
                    let last = random.chance(50) ? first : seats.count - 1
                    orders.create(.n(nextId), of: Array(seats[first...last]), by: .n(user))
                }
                return delivery()
            default:
                let open = orders.orders.filter { $0.value.state.status != .cancelled }.map(\.key).sorted()
                if let id = random.pick(open) { orders.advance(id, to: Int.random(in: 0..<100, using: &random)) }
                return delivery()
            }
        }

        mutating func delivery() -> ListingsMessage {
            let head = EventHead(id: .n(nextId), version: 1, at: Fixture.now)
            guard !orders.events.isEmpty else {
                return .event(head, .user(UserState(id: .n(99), status: .active, role: .member, version: 1)))
            }
            let index = Int.random(in: orders.events.indices, using: &random)
            let event = random.chance(85) ? orders.events.remove(at: index) : orders.events[index]
            return .event(head, .order(event))
        }
    }

    @Test(arguments: Seeds.all) func noSeatIsOfferedTwice(seed: UInt64) throws {
        var generator = Generator(random: SeededGenerator(seed: seed))
        var store = InMemoryListings()
        for id: UInt64 in [90, 91, 92] {
            let user = UserState(id: .n(id), status: .active, role: .member, version: 1)
            _ = try store.run([.event(Fixture.eventHead(), .user(user))], now: Fixture.now)
        }
        for state in generator.performances { try deliver(state, to: &store) }
        var tally: [String: Int] = [:]
        for step in 0..<300 {
            if step == 200 {
                generator.isMerged = true
                var loser = generator.performances[1]
                (loser.status, loser.mergedInto, loser.version) = (.merged, .n(1), 2)
                try deliver(loser, to: &store)
                _ = try store.runWork(limit: 3, now: Fixture.now)
                try store.check()
            }
            let batch = generator.batch(store)
            var splitStore = store
            let whole = try store.run(batch, now: Fixture.now).map(DecisionSummary.init)
            try store.check()
            var split: [DecisionSummary] = []
            for part in splitRandomly(batch, using: &generator.random) {
                split += try splitStore.run(part, now: Fixture.now).map(DecisionSummary.init)
                try splitStore.check()
            }
            try #require(whole == split, "step \(step)")
            let isSame = store == splitStore
            try #require(isSame, "step \(step)")
            for summary in whole { tally[String(summary.outcome.prefix { $0 != "{" }), default: 0] += 1 }
            if step == 199 { try finish(&generator, &store) }
        }
        guard Seeds.fixed.contains(seed) else { return }
        for outcome in ["refused seatTaken", "refused seatNotYours"] {
            try #require(tally[outcome] ?? 0 > 0, "\(outcome) of \(tally)")
        }
        let suspended = store.listings.values.filter { $0.state.suspended?.reason == .seatsTaken }
        try #require(!suspended.isEmpty)
    }

    private func deliver(_ state: PerformanceState, to store: inout InMemoryListings) throws {
        _ = try store.run([.event(Fixture.eventHead(), .performance(PerformanceCopy(state)))], now: Fixture.now)
    }

    /// Delivers all events, and checks that the seats agree with the orders, and that no sale of a seat is missing
    /// before a later sale.
    private func finish(_ generator: inout Generator, _ store: inout InMemoryListings) throws {
        while !generator.orders.events.isEmpty { _ = try store.run([generator.delivery()], now: Fixture.now) }
        try store.check()
        let orders = generator.orders.orders.values.map(\.state)
        for seat in store.seats.values.joined() {
            let own = orders.filter {
                $0.ticketId == seat.ticketId && $0.status != .cancelled && $0.units?.contains(seat.unit) ?? false
            }
            try ensure(seat.orders == Set(own.map(\.orderId)), "the orders of \(seat): \(own)")
            try ensure(seat.holder == own.first { $0.status == .complete }?.userId, "the holder of \(seat)")
            try ensure(seat.claimed || !own.contains(where: \.isPaid), "paid without a claim: \(seat)")
            guard seat.sale > 1 else { continue }
            let previous = orders.filter { order in
                store.seats[order.ticketId]?.contains {
                    $0.place == seat.place && $0.sale == seat.sale - 1 && order.units?.contains($0.unit) ?? false
                } ?? false && order.sold > 0
            }
            let seller = store.listings[seat.ticketId]?.state.sellerId
            let isVoid = previous.contains { $0.status == .refunded || generator.scams.contains($0.ticketId) }
            try ensure(previous.count == 1 && (isVoid || previous[0].userId == seller), "the sale before \(seat)")
        }
    }
}
