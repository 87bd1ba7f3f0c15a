import Testing

@testable import Marketplace

/// Properties of the services in ``MarketSimulation``, with streams that deliver late, twice and out of order.
@Suite struct MarketPropertyTests {
    /// One run for each seed, shared by all tests.
    private static let runs: [UInt64: Result<MarketSimulation, any Error>] = Dictionary(
        uniqueKeysWithValues: Seeds.all.map { seed in
            let run = Result {
                var market = MarketSimulation(seed: seed)
                for step in 1...1000 {
                    try market.act()
                    if step.isMultiple(of: 10) { try market.check() }
                }
                try market.settle()
                return market
            }
            return (seed, run)
        })

    private func settled(_ seed: UInt64) throws -> MarketSimulation {
        try #require(Self.runs[seed]).get()
    }

    @Test(arguments: Seeds.all) func settledServicesAgree(seed: UInt64) throws {
        let market = try settled(seed)
        let states = market.users.users.mapValues { UserCopy($0.state) }
        try #require(market.listings.users == states && market.orders.users == states)

        for listing in market.listings.listings.values {
            let copy = try #require(market.orders.listings[listing.state.id])
            var expected = ListingCopy(listing.state)
            (expected.held, expected.nextUnit, expected.freeFrom) = (copy.held, copy.nextUnit, copy.freeFrom)
            try #require(copy == expected)

            let orders = market.orders.orders.values.filter { $0.ticketId == copy.id }
            let paid = orders.filter { $0.status == .complete || $0.status == .refunded }
            try #require(listing.sold == paid.map(\.quantity).reduce(0, +))
            try #require(listing.held == 0 && copy.held == listing.sold)
        }
        try #require(market.listings.orders.count == market.orders.orders.count)
        for order in market.orders.orders.values {
            try #require(market.listings.orders[order.id] == CountedOrder(order))
        }
    }

    @Test(arguments: Seeds.all) func onlyCompleteOrdersKeepMoney(seed: UInt64) throws {
        let market = try settled(seed)
        var statuses: Set<OrderState.Status> = []
        for order in market.orders.orders.values {
            statuses.insert(order.status)
            let attempts = market.payments.attempts[order.id] ?? []
            let charged = attempts.indices.filter { attempts[$0] == .charged }.map { $0 + 1 }
            let refunded = attempts.indices.filter { attempts[$0] == .refunded }.map { $0 + 1 }
            try #require(!attempts.contains(.authorized), "\(order)")
            switch order.status {
            case .complete: try #require(charged == [order.attempt] && refunded.isEmpty, "\(order) \(attempts)")
            case .refunded: try #require(charged.isEmpty && refunded == [order.attempt], "\(order) \(attempts)")
            case .cancelled: try #require(charged.isEmpty && refunded.isEmpty, "\(order) \(attempts)")
            case .awaitingPayment, .confirmed: Issue.record("unsettled: \(order)")
            }
        }
        guard Seeds.fixed.contains(seed) else { return }
        try #require(statuses == [.complete, .refunded, .cancelled])
        let reasons = Set(market.orders.orders.values.compactMap(\.reason))
        // In the simulation, no listing is taken down and no event is cancelled.
        try #require(reasons == Set(OrderState.Reason.known).subtracting([.listingTakenDown, .eventCancelled]))
        try #require(market.deferrals > 0)
    }

    @Test(arguments: Seeds.all) func bannedSellersHaveNothingOnSale(seed: UInt64) throws {
        let market = try settled(seed)
        let banned = Set(market.users.users.values.filter { $0.status == .banned }.map(\.id))
        let listings = market.listings.listings.values.filter { banned.contains($0.state.sellerId) }
        try #require(listings.allSatisfy { $0.state.withdrawn })
    }

    @Test(arguments: Seeds.all) func repeatedEventsInAnyOrderChangeNothing(seed: UInt64) throws {
        var market = try settled(seed)
        let before = (market.listings, market.orders)
        let again = try market.repeatAllEvents()
        try #require(again.listings.allSatisfy { $0.isSilent } && again.orders.allSatisfy { $0.isSilent })
        let isSame = market.listings == before.0 && market.orders == before.1
        try #require(isSame)
    }
}
