import FoundationEssentials
import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// Fees of orders and of the copies of listings, with the real tables.
@Suite struct OrderPricingStoreTests {
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private static let pricing = UnitPricing(
        buyerFee: 275, sellerFee: 113, feeVersion: 3, policyVersion: 2, faceValue: 5_000)

    private func state(_ pricing: UnitPricing?, version: Int64 = 1, id: ListingID) -> ListingState {
        ListingState(
            id: id, sellerId: .new(), title: "Row 1", price: 4_500, currency: .usd, pricing: pricing, quantity: 9,
            withdrawn: false, version: version, createdAt: .now(), updatedAt: .now())
    }

    private func harness(_ states: ListingState...) async throws -> ServiceHarness<OrdersHandler> {
        let harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: OrdersRules())))
        try await harness.deliver(.user(buyer), from: .users)
        for state in states { try await harness.deliver(state.announcement, from: .listings) }
        try await harness.drain()
        return harness
    }

    private func order(
        _ listing: ListingID, price: Int64, version: Int64 = 1, in harness: ServiceHarness<OrdersHandler>
    ) async throws -> (OrderID, Refusal.Code?) {
        let id = try await harness.send(
            CreateOrder(
                ticketId: listing, quantity: 2, price: price, ticketVersion: version, userVersion: 1),
            actor: .user(buyer.id))
        try await harness.drain()
        return (OrderID(id.uuid), try await harness.refusal(of: id))
    }

    @Test func anOrderIsStoredWithTheFeesOfItsListing() async throws {
        let (priced, plain) = (ListingID.new(), ListingID.new())
        let harness = try await harness(state(Self.pricing, id: priced), state(nil, id: plain))
        #expect(try await order(priced, price: 4_500, in: harness).1 == .priceChanged)
        let (first, refusal) = try await order(priced, price: 4_775, in: harness)
        #expect(refusal == nil)
        let reads = OrderReads(harness.pool)
        let stored = try #require(try await reads.order(first))
        #expect(stored.pricing == Self.pricing && stored.total == 9_550 && stored.price == 4_500)
        let body = try await harness.pool.query(
            "SELECT body::text FROM orders.outbox WHERE subject = \(first.description)")[0].decode(String.self)
        #expect(try JSONDecoder().decode(OrderState.self, from: Data(body.utf8)) == stored)

        let (second, none) = try await order(plain, price: 4_500, in: harness)
        #expect(none == nil)
        #expect(try await reads.order(second)?.pricing == nil)
        #expect(try await harness.number("SELECT count(*) FROM orders.orders WHERE buyer_fee IS NULL") == 1)
        #expect(try await reads.availability(of: priced)?.allIn == 4_775)
    }

    @Test func theCopyFollowsTheListingsFees() async throws {
        let id = ListingID.new()
        let first = state(nil, id: id)
        let harness = try await harness(first)
        var second = first
        (second.pricing, second.version) = (Self.pricing, 2)
        try await harness.deliver(second.announcement, from: .listings)
        try await harness.drain()
        #expect(try await order(id, price: 4_500, version: 2, in: harness).1 == .priceChanged)
        #expect(try await order(id, price: 4_775, version: 2, in: harness).1 == nil)
    }

    @Test func theTableRefusesAnotherTotal() async throws {
        let id = ListingID.new()
        let harness = try await harness(state(Self.pricing, id: id))
        _ = try await order(id, price: 4_775, in: harness)
        await #expect(throws: PostgresError.self) {
            try await harness.pool.execute("UPDATE orders.orders SET total = 9000")
        }
    }
}
