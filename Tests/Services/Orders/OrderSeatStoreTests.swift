import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// Orders of listings with seats, with the real tables.
@Suite(.timeLimit(.minutes(2))) struct OrderSeatStoreTests {
    private let harness: ServiceHarness<OrdersHandler>
    private let buyer = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let performance = PerformanceID.new()

    init() async throws {
        let rules = OrdersRules(limits: .unlimited)
        harness = try await ServiceHarness(OrdersHandler(store: OrdersStore(rules: rules)))
        try await harness.deliver(.user(buyer), from: .users)
        try await harness.drain()
    }

    private func listing(
        _ seats: ClosedRange<Int>, rule: SplitRule? = nil, id: ListingID = .new(), version: Int64 = 1,
        at performance: PerformanceID? = nil
    ) -> ListingState {
        ListingState(
            id: id, sellerId: .new(), title: "Row 7", price: 2500, currency: .usd, quantity: seats.count,
            splitRule: rule, seats: seats.map { Seat(name: "\($0)", sale: 1) },
            performanceId: performance ?? self.performance, details: ShowDetails(section: "B", row: "7"),
            withdrawn: false, version: version, createdAt: .now(), updatedAt: .now())
    }

    private func deliver(_ listings: ListingState...) async throws {
        for listing in listings { try await harness.deliver(.listing(listing), from: .listings) }
        try await harness.drain()
    }

    private func command(_ listing: ListingState, _ quantity: Int, _ seats: [String]? = nil) -> CreateOrder {
        CreateOrder(
            ticketId: listing.id, quantity: seats?.count ?? quantity, seats: seats, price: nil, ticketVersion: 1,
            userVersion: 1)
    }

    /// Orders seats in a batch of one command, and returns the seats of the order.
    private func order(
        _ listing: ListingState, _ quantity: Int = 0, _ seats: [String]? = nil
    ) async throws -> (seats: [String], refusal: Refusal?, id: OrderID) {
        let id = try await harness.send(command(listing, quantity, seats), actor: .user(buyer.id))
        try await harness.drain()
        let order = try await OrderReads(harness.pool).order(OrderID(id.uuid))
        return (order?.seats ?? [], try await harness.wholeRefusal(of: id), OrderID(id.uuid))
    }

    private func cancel(_ order: OrderID) async throws {
        try await harness.send(CancelOrder(orderId: order), actor: .user(buyer.id))
        try await harness.drain()
    }

    @Test func seatsAreHeldReleasedAndHeldAgain() async throws {
        let row = listing(11...16, rule: .noSingle)
        try await deliver(row)
        #expect(try await harness.number("SELECT count(*) FROM orders.free_units") == 6)
        let middle = try await order(row, 0, ["13", "14"])
        #expect(middle.seats == ["13", "14"])
        #expect(try await order(row, 0, ["14", "15"]).refusal?.code == .soldOut)
        #expect(try await order(row, 0, ["11"]).refusal?.code == .quantityNotOffered)
        #expect(try await order(row, 0, ["11", "12", "15"]).refusal?.code == .quantityNotOffered)
        #expect(try await order(row, 3).refusal?.splits == [2])
        #expect(try await order(row, 2).seats == ["11", "12"])
        #expect(try await harness.number("SELECT free_from FROM orders.tickets") == 5)
        try await cancel(middle.id)
        #expect(try await harness.number("SELECT count(*) FROM orders.seat_sales") == 2)
        #expect(try await harness.number("SELECT free_from FROM orders.tickets") == 3)
        #expect(try await order(row, 4).seats == ["13", "14", "15", "16"])
        let reads = OrderReads(harness.pool)
        #expect(try await reads.availability(of: row.id)?.free == 0)
        #expect(try await OrdersRepair(pool: harness.pool).wrongUnits(limit: 10).isEmpty)
    }

    @Test func pagesReadTheFreeSeats() async throws {
        let row = listing(1...64)
        try await deliver(row)
        _ = try await order(row, 0, ["64"])
        let availability = try #require(try await OrderReads(harness.pool).availability(of: row.id))
        #expect(availability.free == .max >> 1 && availability.left == 63 && availability.seats?.count == 64)
        #expect(availability.sellable?.largest == 63)
    }

    /// Two listings offer one seat, because one of them was withdrawn before its order was counted.
    @Test func aSeatThatAnotherListingHasSoldIsNotFree() async throws {
        let (one, two) = (listing(11...12), listing(12...14))
        try await deliver(one, two)
        let sold = try await order(one, 2)
        #expect(try await order(two, 3).refusal?.code == .soldOut)
        #expect(try await order(two, 0, ["12", "13"]).refusal?.code == .soldOut)
        #expect(try await order(two, 2).seats == ["13", "14"])
        try await cancel(sold.id)
        #expect(try await order(two, 1).seats == ["12"])
    }

    /// The primary key decides between two workers whose transactions overlap. The second batch runs again.
    @Test func twoWorkersNeverSellOneSeatOfTwoListings() async throws {
        let (one, two) = (listing(11...12), listing(12...13))
        try await deliver(one, two)
        let other = UserState(id: .new(), status: .active, role: .member, version: 1)
        try await harness.deliver(.user(other), from: .users)
        try await harness.drain()
        let another = try await ServiceHarness(harness.processor.handler, sharing: harness)
        let first = try await harness.send(command(one, 2), actor: .user(buyer.id))
        let batch = try #require(try await harness.consumer.next())
        let second = try await harness.send(command(two, 2), actor: .user(other.id))
        let rest = try #require(try await another.consumer.next())
        let workers = try await harness.holdingCommits {
            let one = Task { try await harness.handle(batch) }
            try await harness.waitForLocks(1)
            let two = Task { try await another.handle(rest) }
            try await harness.waitForLocks(2)
            return [one, two]
        }
        for worker in workers { try await worker.value }
        #expect(try await harness.refusal(of: first) == nil)
        #expect(try await harness.refusal(of: second) == .soldOut)
        #expect(try await harness.number("SELECT count(*) FROM orders.seat_sales") == 2)
        #expect(try await harness.deadLetterCount() == 0)
    }

    @Test func salesMoveWithTheListing() async throws {
        let winner = PerformanceID.new()
        let (one, two) = (listing(11...12), listing(12...13, at: winner))
        try await deliver(one, two)
        _ = try await order(one, 0, ["11"])
        _ = try await order(one, 0, ["12"])
        #expect(try await order(two, 0, ["12"]).refusal == nil, "the performances are not merged yet")
        try await deliver(listing(11...12, id: one.id, version: 2, at: winner))
        #expect(
            try await harness.number(
                "SELECT count(*) FROM orders.seat_sales WHERE performance_id = \(winner)") == 2)
        let third = listing(11...11, at: winner)
        try await deliver(third)
        #expect(try await order(third, 1).refusal?.code == .soldOut)
    }

    @Test func theDoctorMendsSeats() async throws {
        let row = listing(11...14)
        try await deliver(row)
        _ = try await order(row, 0, ["12", "13"])
        let repair = OrdersRepair(pool: harness.pool)
        let right: SQL = """
            SELECT concat_ws(' ', held, next_unit, free_from,
                (SELECT string_agg(unit || ' ' || order_id, ',' ORDER BY unit) FROM orders.allocations),
                (SELECT string_agg(unit::text, ',' ORDER BY unit) FROM orders.free_units),
                (SELECT string_agg(concat_ws(' ', seat_key, sale, unit, order_id), ',' ORDER BY unit)
                 FROM orders.seat_sales))
            FROM orders.tickets
            """
        let before = try await harness.pool.query(right)[0].decode(String.self)
        for damage: SQL in [
            "DELETE FROM orders.seat_sales", "UPDATE orders.allocations SET unit = 1 WHERE unit = 2",
            "DELETE FROM orders.allocations WHERE unit = 3", "DELETE FROM orders.free_units WHERE unit = 4",
        ] {
            try await harness.pool.execute(damage)
            #expect(try await repair.wrongUnits(limit: 10).map(\.listing) == [row.id])
            #expect(try await repair.repairUnits(of: row.id))
            #expect(try await repair.wrongUnits(limit: 10).isEmpty)
            #expect(try await harness.pool.query(right)[0].decode(String.self) == before)
        }
    }

    /// Orders of listings without seats run the same statements as before seats existed.
    @Test func listingsWithoutSeatsTakeNoNewStatement() {
        var state = listing(11...12)
        (state.seats, state.performanceId) = (nil, nil)
        var decider = OrdersDecider(
            users: [UserCopy(buyer)], listings: [ListingCopy(state)], orders: [], allocations: [], free: [:],
            rules: OrdersRules())
        let head = CommandHead(id: .new(), actor: .user(buyer.id), at: .now())
        _ = decider.decide(.command(head, .createOrder(command(state, 2))), now: .now())
        let statements = harness.processor.handler.changes(of: decider).map(\.text)
        #expect(statements.count == 3)
        #expect(!statements.contains { $0.contains("seats") || $0.contains("sale") }, "\(statements)")
    }
}
