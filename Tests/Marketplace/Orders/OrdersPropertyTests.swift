import Testing

@testable import Marketplace

@Suite struct OrdersPropertyTests {
    /// Random batches, repeats and nonsense among them: what is promised holds after each, and how they are cut into
    /// smaller batches makes no difference.
    @Test(arguments: Seeds.all) func promisesHoldAfterEachBatchHoweverItIsCut(seed: UInt64) throws {
        var fuzz = OrdersFuzz(seed: seed)
        var books = OrdersBooks()
        var tally: [String: Int] = [:]
        var met: Set<OrderState.Status> = []
        for step in 0..<200 {
            let batch = fuzz.batch(books)
            var pieces = books
            let whole = try books.run(batch, now: fuzz.now).map(Outcome.init)
            try books.check()
            var inPieces: [Outcome] = []
            for part in cut(batch, using: &fuzz.random) {
                inPieces += try pieces.run(part, now: fuzz.now).map(Outcome.init)
                try pieces.check()
            }
            try #require(whole == inPieces, "step \(step)")
            // Compared first: a failure would print both books whole.
            let isSame = books == pieces
            try #require(isSame, "step \(step)")
            for outcome in whole { tally[String(outcome.verdict.prefix { $0 != "{" }), default: 0] += 1 }
            met.formUnion(books.orders.values.map(\.status))
        }
        guard Seeds.fixed.contains(seed) else { return }
        try #require(met == Set(OrderState.Status.allCases))
        for verdict in [
            "done ", "refused soldOut", "refused banned", "refused priceChanged", "refused withdrawn",
            "refused keyReused", "refused invalid", "put off",
        ] {
            try #require(tally[verdict] ?? 0 > 0, "\(verdict) of \(tally)")
        }
    }

    /// A stream delivers an entry again after a crash: the second time changes nothing and tells nobody.
    @Test(arguments: Seeds.all) func anEventHeardTwiceIsHeardOnce(seed: UInt64) throws {
        var fuzz = OrdersFuzz(seed: seed)
        var books = OrdersBooks()
        var repeats = 0
        for step in 0..<1500 {
            let message = fuzz.message(books)
            let first = try books.run([message], now: fuzz.now)
            guard case .event = message, first.allSatisfy(\.isDone) else { continue }
            let before = books
            let second = try books.run([message], now: fuzz.now)
            let isSilent = second.allSatisfy(\.isSilent) && books == before
            try #require(isSilent, "step \(step): \(message)")
            repeats += 1
        }
        try #require(repeats > 100)
    }

    /// A listing is never sold over what is offered at that moment, one message at a time.
    @Test(arguments: Seeds.all) func whatIsSoldWasOfferedThen(seed: UInt64) throws {
        var fuzz = OrdersFuzz(seed: seed)
        var books = OrdersBooks()
        for step in 0..<1500 {
            let message = fuzz.message(books)
            let before = books.offers
            let decisions = try books.run([message], now: fuzz.now)
            guard case .command(_, .createOrder(let command)) = message, decisions[0].isDone else { continue }
            let offer = try #require(books.offers[command.ticketId])
            try #require(offer.held <= offer.offered && !offer.withdrawn, "step \(step): \(offer)")
            try #require(offer.held == (before[offer.id]?.held ?? 0) + command.quantity, "step \(step)")
        }
    }
}
