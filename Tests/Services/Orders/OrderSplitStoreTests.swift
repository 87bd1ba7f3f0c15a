import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// Split rules with the real tables.
@Suite struct OrderSplitStoreTests {
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let listing = ListingState(
        id: .new(), sellerId: .new(), title: "Row 1", price: 2500, currency: .usd, quantity: 5, splitRule: .noSingle,
        withdrawn: false, version: 1, createdAt: .now(), updatedAt: .now())

    private func harness() async throws -> ServiceHarness<OrdersHandler> {
        let rules = OrdersRules(limits: .unlimited)
        let harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: rules)))
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.deliver(.listing(listing), from: .listings)
        try await harness.drain()
        return harness
    }

    private func command(_ quantity: Int) -> CreateOrder {
        CreateOrder(ticketId: listing.id, quantity: quantity, price: nil, ticketVersion: 1, userVersion: 1)
    }

    /// Orders units, one command in each batch.
    private func order(_ quantity: Int, in harness: ServiceHarness<OrdersHandler>) async throws -> Refusal? {
        let id = try await harness.send(command(quantity), actor: .user(buyer.id))
        try await harness.drain()
        return try await harness.wholeRefusal(of: id)
    }

    @Test func theRuleIsKeptWithTheCopy() async throws {
        let harness = try await harness()
        #expect(try await harness.number("SELECT split_set FROM orders.tickets") == -2)
        #expect(try await order(4, in: harness)?.splits == [2, 3, 5])
        #expect(try await order(3, in: harness) == nil)
        #expect(try await order(1, in: harness)?.splits == [2])

        var changed = listing
        (changed.splitRule, changed.version) = (nil, 2)
        try await harness.deliver(.listing(changed), from: .listings)
        try await harness.drain()
        #expect(try await harness.number("SELECT count(*) FROM orders.tickets WHERE split_set IS NULL") == 1)
        #expect(try await order(1, in: harness) == nil)

        (changed.splitRule, changed.version) = (.custom(QuantitySet([64])), 3)
        try await harness.deliver(.listing(changed), from: .listings)
        try await harness.drain()
        #expect(try await harness.number("SELECT split_set FROM orders.tickets") == Int.min)
        #expect(try await order(1, in: harness)?.splits == [])
    }

    @Test func readsReturnTheQuantitiesThatCanBeOrdered() async throws {
        let harness = try await harness()
        let reads = OrderReads(harness.pool)
        #expect(try await reads.availability(of: listing.id)?.sellable?.quantities == [2, 3, 5])
        #expect(try await order(2, in: harness) == nil)
        let availability = try #require(try await reads.availability(of: listing.id))
        #expect(availability.left == 3 && availability.sellable?.quantities == [3])
    }

    /// Two workers each have a batch. The second worker decides on the basis of the units that the first has left.
    @Test func concurrentOrdersNeverLeaveASingle() async throws {
        let harness = try await harness()
        try await harness.race(command(2), actor: .user(buyer.id))
        #expect(try await harness.number("SELECT held FROM orders.tickets") == 2)
        #expect(try await harness.number("SELECT count(*) FROM orders.orders") == 1)
    }
}
