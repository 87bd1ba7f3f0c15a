import Testing

@testable import Marketplace

@Suite struct OrdersPropertyTests {
    /// Runs random batches with repeats and invalid messages. The invariants hold after each batch, and splitting the
    /// batches differently changes nothing.
    @Test(arguments: Seeds.all) func invariantsHoldForEveryBatchAndSplit(seed: UInt64) throws {
        var generator = OrdersMessageGenerator(seed: seed)
        var store = InMemoryOrders()
        var tally: [String: Int] = [:]
        var met: Set<OrderState.Status> = []
        for step in 0..<200 {
            let batch = generator.batch(store)
            var splitStore = store
            let whole = try store.run(batch, now: generator.now).map(DecisionSummary.init)
            try store.check()
            var split: [DecisionSummary] = []
            for part in splitRandomly(batch, using: &generator.random) {
                split += try splitStore.run(part, now: generator.now).map(DecisionSummary.init)
                try splitStore.check()
            }
            try #require(whole == split, "step \(step)")
            let work = try store.runWork(now: generator.now).flatMap(\.events).map(\.subject)
            let splitWork = try splitStore.runWork(limit: 1, now: generator.now).flatMap(\.events).map(\.subject)
            try #require(work.sorted() == splitWork.sorted(), "step \(step)")
            // Compared outside `#require`, which would print both stores on a failure.
            let isSame = store == splitStore
            try #require(isSame, "step \(step)")
            for summary in whole { tally[String(summary.outcome.prefix { $0 != "{" }), default: 0] += 1 }
            met.formUnion(store.orders.values.map(\.status))
        }
        guard Seeds.fixed.contains(seed) else { return }
        try #require(met == Set(OrderState.Status.allCases))
        for outcome in [
            "reply ", "refused soldOut", "refused banned", "refused priceChanged", "refused withdrawn",
            "refused keyReused", "refused invalid", "refused quantityNotOffered", "deferred",
        ] {
            try #require(tally[outcome] ?? 0 > 0, "\(outcome) of \(tally)")
        }
    }

    /// A stream delivers an entry again after a crash. The second delivery changes nothing and emits no event.
    @Test(arguments: Seeds.all) func repeatedEventsChangeNothing(seed: UInt64) throws {
        var generator = OrdersMessageGenerator(seed: seed)
        var store = InMemoryOrders()
        var repeats = 0
        for step in 0..<1500 {
            let message = generator.message(store)
            let first = try store.run([message], now: generator.now)
            guard case .event = message, first.allSatisfy(\.isDone) else { continue }
            let before = store
            let second = try store.run([message], now: generator.now)
            let isSilent = second.allSatisfy(\.isSilent) && store == before
            try #require(isSilent, "step \(step): \(message)")
            repeats += 1
        }
        try #require(repeats > 100)
    }

    /// The same for listings with seats. Some of the seats are in two listings.
    @Test(arguments: Seeds.all) func invariantsOfSeatsHoldForEveryBatchAndSplit(seed: UInt64) throws {
        var generator = OrdersMessageGenerator(seed: seed, hasSeats: true)
        var store = InMemoryOrders()
        var tally: [String: Int] = [:]
        for step in 0..<200 {
            let batch = generator.batch(store)
            var splitStore = store
            let whole = try store.run(batch, now: generator.now).map(DecisionSummary.init)
            try store.check()
            var split: [DecisionSummary] = []
            for part in splitRandomly(batch, using: &generator.random) {
                split += try splitStore.run(part, now: generator.now).map(DecisionSummary.init)
            }
            try #require(whole == split, "step \(step)")
            let isSame = store == splitStore
            try #require(isSame, "step \(step)")
            for summary in whole { tally[String(summary.outcome.prefix { $0 != "{" }), default: 0] += 1 }
        }
        guard Seeds.fixed.contains(seed) else { return }
        for outcome in ["reply ", "refused soldOut", "refused quantityNotOffered", "refused invalid"] {
            try #require(tally[outcome] ?? 0 > 0, "\(outcome) of \(tally)")
        }
        try #require(store.sales.values.contains { $0.ticketId == .n(1) }, "the first listing has moved with its sales")
    }

    /// If messages are decided one at a time, an order never makes the held units exceed the offered ones.
    @Test(arguments: Seeds.all) func ordersNeverExceedTheOffer(seed: UInt64) throws {
        var generator = OrdersMessageGenerator(seed: seed)
        var store = InMemoryOrders()
        for step in 0..<1500 {
            let message = generator.message(store)
            let before = store.listings
            let decisions = try store.run([message], now: generator.now)
            guard case .command(_, .createOrder(let command)) = message, decisions[0].isDone else { continue }
            let listing = try #require(store.listings[command.ticketId])
            try #require(listing.held <= listing.offered && !listing.withdrawn, "step \(step): \(listing)")
            try #require(listing.held == (before[listing.id]?.held ?? 0) + command.quantity, "step \(step)")
        }
    }
}
