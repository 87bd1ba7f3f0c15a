import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Fees, policies and the check of listings, with the real tables.
@Suite(.timeLimit(.minutes(2))) struct ListingPricingStoreTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let performance: PerformanceState

    init() async throws {
        harness = try await ServiceHarness(ListingsHandler())
        try await harness.deliver(.user(seller), from: .users)
        performance = PerformanceState(
            id: .new(), eventId: .new(), title: "Vespertine", category: .concert, performers: [], venueId: .new(),
            venue: VenueDetails(name: "Opera", city: "Oslo", country: "NO", timeZone: "Europe/Oslo"),
            times: PerformanceTimes(startsAt: .now() + .seconds(30 * 86_400)), status: .scheduled, mergedInto: nil,
            proposedBy: seller.id, version: 1, createdAt: .now(), updatedAt: .now())
        try await harness.deliver(performance.announcement, from: .catalogue)
        try await harness.drain()
    }

    private static let day = Day(rawValue: "2020-01-01")!

    private func fee(_ buyerBp: Int, from day: Day = day) -> FeeRule {
        FeeRule(
            scope: .init(country: "NO", category: .concert, currency: .usd), buyerBp: buyerBp, buyerFixed: 50,
            sellerBp: 250, min: 60, max: 5_000, validFrom: day)
    }

    private func policy(_ capBp: Int = 10_000, _ status: PricePolicy.Status = .inForce) -> PricePolicy {
        PricePolicy(
            jurisdiction: "NO", name: "Norway", status: status, basis: .originalTotal, capBp: capBp, plus: 5,
            currency: .usd, declaredEventsOnly: false, discloses: ["The price"], validFrom: Self.day,
            validTo: Day(rawValue: "2999-12-31"), source: "A law", checkedOn: Self.day, note: "A note")
    }

    private func apply(_ fees: [FeeRule] = [], _ policies: [PricePolicy] = []) async throws -> Refusal.Code? {
        let id = try await harness.send(ApplyPricing(fees: fees, policies: policies), actor: .operator)
        try await harness.drain()
        return try await harness.refusal(of: id)
    }

    private func list(price: Int64 = 4_500, face: Int64? = 5_000) async throws -> (ListingID, Refusal.Code?) {
        let id = try await harness.send(
            CreateListing(
                title: "", price: price, currency: .usd, faceValue: face, quantity: 4, performanceId: performance.id,
                performanceVersion: 1, userVersion: 1), actor: .user(seller.id))
        try await harness.drain()
        return (ListingID(id.uuid), try await harness.refusal(of: id))
    }

    private func read(_ id: ListingID) async throws -> Listing {
        try #require(try await ListingReads(harness.pool).listing(id))
    }

    @Test func rulesAndPoliciesAreReadAsTheyWereApplied() async throws {
        let (fees, policies) = ([fee(500), fee(600, from: Day(rawValue: "2030-01-01")!)], [policy()])
        #expect(try await apply(fees, policies) == nil)
        #expect(try await apply(fees, policies) == nil)
        let book = try await PricingBook.read(from: harness.pool)
        #expect(book.rules.map(\.content) == fees && book.rules.map(\.version) == [1, 2])
        #expect(book.policies.map(\.content) == policies && book.policies.map(\.version) == [1])
        await #expect(throws: PostgresError.self) {
            try await harness.pool.execute("UPDATE tickets.fee_rules SET buyer_bp = 0")
        }
        await #expect(throws: PostgresError.self) {
            try await harness.pool.execute("DELETE FROM tickets.price_policies")
        }
    }

    @Test func onlyTheOperatorAppliesThem() async throws {
        let id = try await harness.send(ApplyPricing(fees: [fee(500)], policies: []), actor: .user(seller.id))
        try await harness.drain()
        #expect(try await harness.refusal(of: id) == .forbidden)
    }

    @Test func aListingsFeesAreStoredAndAnnounced() async throws {
        _ = try await apply([fee(500)], [policy()])
        let (id, refusal) = try await list()
        #expect(refusal == nil)
        let pricing = UnitPricing(
            buyerFee: 275, sellerFee: 113, feeVersion: 1, policyVersion: 1, faceValue: 5_000)
        let stored = try await read(id)
        #expect(stored.state.pricing == pricing && stored.state.allIn == 4_775 && stored.policySeen == 1)
        let change = try await harness.send(
            ChangeListing(ticketId: id, price: 1_000, userVersion: 1), actor: .user(seller.id))
        try await harness.drain()
        #expect(try await harness.refusal(of: change) == nil)
        #expect(try await read(id).state.pricing?.buyerFee == 100)
        #expect(try await read(id).state.pricing?.sellerFee == 60)
        #expect(try await list(price: 5_006).1 == .priceAboveCap)
        #expect(try await list(face: nil).1 == .invalid)
    }

    @Test func offersAndLowestPricesAreThoseThatBuyersPay() async throws {
        let (cheapAsk, _) = try await list(price: 4_500)
        _ = try await apply([fee(1_000)])
        let (withFee, _) = try await list(price: 4_400)
        let reads = ListingReads(harness.pool)
        let search = OfferSearch(performanceId: performance.id, currency: .usd)
        let offers = try await reads.offers(search, limit: 5).offers
        #expect(offers.map(\.state.id) == [cheapAsk, withFee])
        #expect(offers.map(\.state.allIn) == [4_500, 4_890])
        let first = try await reads.offers(search, limit: 1)
        #expect(first.next?.price == 4_500)
        #expect(try await reads.offers(search, after: first.next, limit: 5).offers.map(\.state.id) == [withFee])
        #expect(try await reads.lowestPrices(of: [performance.id]).map(\.price) == [4_500])
        let cheapest = ListingSearch(currency: .usd, minPrice: 4_600, sort: .cheapest)
        #expect(try await reads.search(cheapest, limit: 5).listings.map(\.state.id) == [withFee])
        let dearest = ListingSearch(currency: .usd, sort: .dearest)
        #expect(try await reads.search(dearest, limit: 5).listings.map(\.state.id) == [withFee, cheapAsk])
    }

    /// Inserts listings as the previous build stores them.
    private func insert(_ number: Int, price: Int64) async throws {
        try await harness.pool.execute(
            """
            INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, performance_id,
                performance_version, starts_at, time_zone, withdrawn, version, created_at, updated_at, buyer_fee,
                face_value)
            SELECT gen_random_uuid(), \(seller.id), 'Vespertine', \(price), 'USD', 1, \(performance.id), 1,
                \(performance.times.startsAt), 'Europe/Oslo', false, 1, now(), now(), 0, 5000
            FROM generate_series(1, \(Int64(number)))
            """)
    }

    @Test func aPolicySuspendsTheListingsAboveItInSlices() async throws {
        try await insert(300, price: 6_000)
        try await insert(300, price: 5_000)
        let sizes = try await TransactionSizes(of: "tickets.tickets", on: harness.pool)
        _ = try await apply([], [policy()])
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE withdrawn") == 0)
        try await harness.runWork()
        let suspended: SQL = "withdrawn AND suspended_reason = 'policy' AND suspended_on_sale AND price = 6000"
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE \(suspended)") == 300)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE withdrawn") == 300)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE policy_seen = 1") == 600)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
        #expect(try await sizes.summary(of: "tickets.tickets").largest <= 200)

        _ = try await apply([], [policy(12_000)])
        try await harness.runWork()
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE withdrawn") == 0)
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE policy_seen = 2") == 600)
    }

    @Test func aPolicyOfAnotherCountryChangesNothing() async throws {
        try await insert(3, price: 6_000)
        var other = policy()
        other.jurisdiction = "SE"
        _ = try await apply([], [other])
        try await harness.runWork()
        #expect(try await harness.number("SELECT count(*) FROM tickets.tickets WHERE withdrawn") == 0)
        #expect(try await harness.number("SELECT count(*) FROM tickets.work") == 0)
    }

    /// The transaction of a new listing holds the lock on prices, so a new policy must wait for it.
    @Test func aNewPolicyWaitsForDecisionsAboutPrices() async throws {
        let handler = ListingsHandler()
        let create = CreateListing(
            title: "", price: 9_000, currency: .usd, quantity: 1, performanceId: performance.id, userVersion: 1)
        let head = CommandHead(id: .new(), actor: .user(seller.id), at: .now())
        try await harness.pool.withTransaction { transaction in
            _ = try await handler.load([.command(head, .createListing(create))], in: transaction)
            let held = try await harness.pool.query(
                "SELECT pg_try_advisory_xact_lock(\(AdvisoryLock.pricing))")[0].decode(Bool.self)
            #expect(!held)
        }
    }
}
