import Marketplace
import PostgresClient
import Streams
import Support
import Testing

@testable import Services

/// A listing goes off sale when its show starts.
@Suite struct CloseListingTests {
    private let harness: ServiceHarness<ListingsHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)

    init() async throws { harness = try await ServiceHarness(ListingsHandler()) }

    private func listing(startsIn time: Duration) async throws -> ListingID {
        try await harness.deliver(.user(seller), from: .users)
        let id = try await harness.send(
            CreateListing(
                title: "Row 1", price: 2500, currency: .usd, quantity: 2,
                details: ShowDetails(venue: "Harpa", startsAt: harness.clock.now() + time, timeZone: "UTC"),
                userVersion: 1), actor: .user(seller.id))
        try await harness.drain()
        return ListingID(id.uuid)
    }

    private func state(_ id: ListingID) async throws -> (isOnSale: Bool, version: Int64) {
        try await harness.pool.query("SELECT NOT withdrawn, version FROM tickets.tickets WHERE id = \(id)")[0]
            .decode((Bool, Int64).self)
    }

    /// The expiration service sends the command through Redis twice, and the sweep runs as well.
    @Test func theClockClosesAListingOnce() async throws {
        let expiration = try ExpirationHarness(keys: harness.keys)
        let id = try await listing(startsIn: .seconds(3))
        try await harness.runRelay()
        try await expiration.handleEvents()
        let timer = try #require(
            try await ServiceRegistry.timers.first { $0.name.kind == .showStart }?.row(
                of: TimerSubjectID(id.uuid), on: harness.pool))
        try await eventually("the timer is fired") {
            _ = await expiration.scheduler.fireDueTimers()
            return try await harness.backlog() == 1
        }
        try await expiration.timers(.showStart).set([timer])
        _ = await expiration.scheduler.fireDueTimers()
        #expect(try await harness.backlog() == 2)
        try await harness.drain()
        #expect(try await state(id) == (false, 2))
        #expect(try await harness.number("SELECT count(*) FROM tickets.inbox WHERE type = 'CloseListing'") == 1)
        #expect(try await harness.timerSweep(.showStart).actOnOverdue(at: .now() + .seconds(60)) == 0)

        // If the timer is still set, the event of the closed listing clears it, and no later event sets it again.
        try await expiration.timers(.showStart).set([timer])
        try await harness.runRelay()
        try await expiration.handleEvents()
        #expect(try await expiration.timers(.showStart).next() == nil)
    }

    @Test func aCommandForAMovedShowChangesNothing() async throws {
        let id = try await listing(startsIn: .seconds(60))
        try await harness.send(CloseListing(subject: id, due: harness.clock.now()), reply: "")
        try await harness.drain()
        #expect(try await state(id) == (true, 1))
    }

    /// This machine's clock is some seconds behind Redis's.
    @Test func anEarlyCommandWaits() async throws {
        let id = try await listing(startsIn: .seconds(3))
        try await harness.send(CloseListing(subject: id, due: harness.clock.now()), reply: "")
        while let batch = try await harness.consumer.next() { try await harness.handle(batch) }
        #expect(try await harness.count("ZCARD", harness.keys.deferred(.listings)) == 1)
        harness.clock.advance(by: .seconds(3))
        try await harness.drain()
        #expect(try await state(id) == (false, 2))
    }

    @Test func aCommandForAnUnknownListingIsDone() async throws {
        try await harness.send(CloseListing(subject: .new(), due: harness.clock.now()), reply: "")
        try await harness.drain()
        #expect(try await harness.deadLetterCount() == 0)
        #expect(try await harness.number("SELECT count(*) FROM tickets.inbox WHERE outcome = 'done'") == 1)
    }

    @Test func aClosedListingCannotBePutBackOnSale() async throws {
        let id = try await listing(startsIn: .seconds(60))
        harness.clock.advance(by: .seconds(60))
        try await harness.send(CloseListing(subject: id, due: harness.clock.now()), reply: "")
        try await harness.drain()
        #expect(try await state(id) == (false, 2))
        let relist = try await harness.send(
            ChangeListing(ticketId: id, withdrawn: false, userVersion: 1), actor: .user(seller.id))
        try await harness.drain()
        #expect(try await harness.refusal(of: relist) == .conflict)
    }
}
