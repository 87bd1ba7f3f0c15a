import Marketplace
import PostgresClient
import RedisClient
import Storage
import Support
import Testing

@testable import Services
@testable import Streams

/// The timers that events set and clear. Listings have two kinds here: the start of the show, and an hour before.
@Suite(.timeLimit(.minutes(1)))
struct TimerHandlerTests {
    private static let hourBefore = TimerName.Kind("hour_before")
    private let harness: ExpirationHarness
    private var listing = ListingState(
        id: .new(), sellerId: .new(), title: "Row 1", price: 2500, currency: .usd, quantity: 1,
        details: ShowDetails(startsAt: .now() + .seconds(7200), timeZone: "UTC"), withdrawn: false, version: 1,
        createdAt: .now(), updatedAt: .now())

    private var subject: TimerSubjectID { TimerSubjectID(listing.id.uuid) }

    init() throws {
        harness = try ExpirationHarness(
            ListingsService().timers + [
                ServiceTimer(
                    Self.hourBefore, of: ServiceFacts<ListingState>.listings,
                    events: [.ticketCreated, .ticketUpdated],
                    due: { state in state.withdrawn ? nil : state.details.startsAt.map { $0 - .seconds(3600) } },
                    sends: CloseListing.self, column: "starts_at", where: "true", repairedBy: ListingsHandler())
            ])
    }

    private mutating func publish(startsIn time: Duration?, withdrawn: Bool = false) async throws {
        listing.details.startsAt = time.map { .now() + $0 }
        listing.withdrawn = withdrawn
        listing.version += 1
        try await harness.publish(.listing(listing), from: .listings)
    }

    /// Returns the times that are set for the show's start and for the hour before it.
    private func due() async throws -> [Int64?] {
        var times: [Int64?] = []
        for kind in [TimerName.Kind.showStart, Self.hourBefore] {
            times.append(try await harness.timers(kind).due(of: [subject])[subject])
        }
        return times
    }

    private var expected: [Int64?] {
        let start = listing.details.startsAt
        return [start?.milliseconds, start.map { ($0 - .seconds(3600)).milliseconds }]
    }

    @Test mutating func aTimerIsSetMovedClearedAndSetAgain() async throws {
        try await publish(startsIn: .seconds(7200))
        #expect(try await harness.handleEvents() == [.done])
        #expect(try await due() == expected)

        try await publish(startsIn: .seconds(9000))
        try await harness.handleEvents()
        #expect(try await due() == expected)

        try await publish(startsIn: .seconds(9000), withdrawn: true)
        try await harness.handleEvents()
        #expect(try await due() == [nil, nil])

        try await publish(startsIn: .seconds(8000))
        try await harness.handleEvents()
        #expect(try await due() == expected)
    }

    @Test mutating func theLastEventOfABatchDecides() async throws {
        try await publish(startsIn: .seconds(7200))
        try await publish(startsIn: .seconds(7200), withdrawn: true)
        try await publish(startsIn: .seconds(9000))
        #expect(try await harness.handleEvents().count == 3)
        #expect(try await due() == expected)
    }

    /// The sweep sets a timer of a later day when that day comes. A timer that is moved to a later day is cleared.
    @Test mutating func timersOfAnotherDayAreNotKept() async throws {
        try await publish(startsIn: .seconds(7200))
        try await harness.handleEvents()
        try await publish(startsIn: .seconds(10 * 86_400))
        try await harness.handleEvents()
        #expect(try await due() == [nil, nil])
    }

    /// A timer that is just overdue is fired, but a replay of old events does not fire thousands.
    @Test mutating func timersOfThePastAreLeftToTheSweep() async throws {
        try await publish(startsIn: .seconds(-30))
        try await harness.handleEvents()
        #expect(try await due() == [listing.details.startsAt?.milliseconds, nil])
        try await publish(startsIn: .seconds(-120))
        try await harness.handleEvents()
        #expect(try await due() == [nil, nil])
    }

    @Test mutating func anEventOfANewerBuildIsLeftForIt() async throws {
        try await harness.publish(.listing(listing), from: .listings, payloadVersion: 2)
        let outcome = try #require(try await harness.handleEvents().first)
        guard case .deferred = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(try await due() == [nil, nil])
    }

    @Test func eventsOfOthersSetNothing() async throws {
        try await harness.publish(.unpaid(expiresIn: .seconds(900)), from: .orders)
        #expect(try await harness.handleEvents() == [.done])
        #expect(try await due() == [nil, nil])
    }
}
