import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Support
import Testing

@testable import Services

/// The offers of a performance.
@Suite(.timeLimit(.minutes(2))) struct OffersTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let performance = PerformanceID.new()
    private let now = Timestamp.now()

    init() async throws { harness = try await ServiceHarness(ListingsHandler()) }

    private var reads: ListingReads { ListingReads(harness.pool) }

    private func insert(_ listings: [Listing]) async throws {
        _ = try await harness.pool.pipeline([harness.processor.handler.store.insert(listings)].compactMap(\.self))
    }

    private func offer(
        _ price: Int64, _ currency: Currency = .eur, left: Int = 1, of id: PerformanceID? = nil, days: Int64 = 30,
        withdrawn: Bool = false
    ) -> Listing {
        Listing(
            state: ListingState(
                id: .new(), sellerId: .new(), title: "Vespertine", price: price, currency: currency, quantity: left + 2,
                performanceId: id ?? performance,
                details: ShowDetails(startsAt: now + .seconds(days * 86_400), timeZone: "UTC"), withdrawn: withdrawn,
                version: 1, createdAt: now, updatedAt: now), held: 1, sold: 1, performanceVersion: 1)
    }

    private func prices(_ search: OfferSearch) async throws -> [Int64] {
        try await reads.offers(search, limit: 50).offers.map(\.state.price)
    }

    @Test func offersOnSaleAreFoundByPriceInEachCurrency() async throws {
        try await insert([
            offer(3000), offer(900, .usd, left: 4), offer(1000, left: 2), offer(2000, left: 9), offer(1),
            offer(2, withdrawn: true), offer(3, left: 0), offer(4, days: -1), offer(5, of: .new()),
        ])
        #expect(try await prices(OfferSearch(performanceId: performance)) == [1, 1000, 2000, 3000, 900])
        #expect(try await prices(OfferSearch(performanceId: performance, currency: .usd)) == [900])
        #expect(try await prices(OfferSearch(performanceId: performance, quantity: 2)) == [1000, 2000, 900])
        let cheap = OfferSearch(performanceId: performance, quantity: 2, currency: .eur, maxPrice: 1000)
        #expect(try await prices(cheap) == [1000])
        #expect(try await prices(OfferSearch(performanceId: .new())).isEmpty)
    }

    /// A change of the rule at the same moment as an order can leave tickets that can't be sold until the hold ends.
    @Test func theLowestPriceIsThatOfAnOfferThatCanBeSold() async throws {
        var bait = offer(500, left: 2)
        bait.state.splitRule = .allTogether
        #expect(!bait.allows(quantity: nil) && !bait.allows(quantity: 2))
        try await insert([bait, offer(1000), offer(900, .usd)])
        let prices = try await reads.lowestPrices(of: [performance, .new()])
        #expect(prices.map(\.price) == [1000, 900] && prices.map(\.currency) == [.eur, .usd])
        // A rule that permits a sale.
        var pairs = offer(700, left: 2)
        pairs.state.splitRule = .noSingle
        try await insert([pairs, offer(600, left: 0)])
        #expect(try await reads.lowestPrices(of: [performance]).map(\.price) == [700, 900])
    }

    @Test func pagesContinueAfterEqualPrices() async throws {
        try await insert((0..<23).map { _ in offer(1000) } + (0..<9).map { _ in offer(1000, .usd) } + [offer(500)])
        var (seen, cursor, pages): ([ListingID], OfferCursor?, Int) = ([], nil, 0)
        repeat {
            let page = try await reads.offers(OfferSearch(performanceId: performance), after: cursor, limit: 5)
            seen += page.offers.map(\.state.id)
            (cursor, pages) = (page.next, pages + 1)
        } while cursor != nil
        #expect(seen.count == 33 && Set(seen).count == 33 && pages == 7)
    }

    /// A page reads only its own rows in the order of the index, even if other performances have many offers.
    @Test func aPageIsOneScanOfAnIndex() async throws {
        try await insert(
            (0..<200).flatMap { _ in
                let id = PerformanceID.new()
                return (0..<20).map { offer(Int64(1000 + $0), of: id) }
            } + (0..<40).map { offer(Int64(1000 + $0)) })
        try await harness.pool.execute("ANALYZE tickets.tickets")
        let search = OfferSearch(performanceId: performance, quantity: 1)
        let after = OfferCursor(currency: .eur, price: 1010, id: .new())
        for (search, cursor) in [
            (search, nil), (search, after),
            (OfferSearch(performanceId: performance, currency: .eur, maxPrice: 1020), nil),
            (OfferSearch(performanceId: performance, currency: .eur, maxPrice: 1020), after),
        ] {
            let page = OfferPage(search: search, cursor: cursor, limit: 20, now: now)
            let plan = try await harness.pool.query("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) \(page.sql(now: now))")
                .decode(String.self).joined(separator: "\n")
            #expect(plan.contains("Index Scan using tickets_offers") && !plan.contains("Sort"), "\(plan)")
            let buffers = try #require(plan.firstMatch(of: /Buffers: shared hit=(\d+)/).flatMap { Int($0.1) })
            #expect(buffers < 60, "\(plan)")
        }
    }
}

extension Currency {
    fileprivate static let eur = Currency(rawValue: "EUR")!
}
