import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// The catalogue's rows, with real servers.
@Suite(.timeLimit(.minutes(2))) struct CatalogueHandlerTests {
    private let harness: ServiceHarness<CatalogueHandler>
    private let seller = UserState(id: .new(), status: .active, role: .member, version: 1)
    private let admin = UserState(id: .new(), status: .active, role: .admin, version: 2)
    private let start = Timestamp.now() + .seconds(30 * 86_400)

    init() async throws { harness = try await ServiceHarness(CatalogueHandler()) }

    private func addUsers() async throws {
        for user in [seller, admin] { try await harness.deliver(.user(user), from: .users) }
        try await harness.drain()
    }

    private func venue(_ name: String = "Harpa", city: String = "Reykjavík") -> VenueDetails {
        VenueDetails(name: name, city: city, country: "IS", timeZone: "Atlantic/Reykjavik")
    }

    @discardableResult
    private func propose(
        _ title: String, performers: [String] = [], venue: VenueDetails? = nil, venueId: VenueID? = nil,
        eventId: ShowID? = nil, days: Int64 = 0, minutes: Int64 = 0, by user: UserState? = nil
    ) async throws -> CommandID {
        let event =
            eventId == nil
            ? ProposePerformance.NewShow(title: title, category: .concert, performers: performers) : nil
        return try await send(
            ProposePerformance(
                eventId: eventId, event: event, venueId: venueId,
                venue: venueId == nil ? venue ?? self.venue() : nil,
                times: PerformanceTimes(startsAt: start + .seconds(days * 86_400 + minutes * 60)), userVersion: 1),
            by: user ?? admin)
    }

    @discardableResult
    private func send(_ command: some CommandPayload, by user: UserState? = nil) async throws -> CommandID {
        let id = try await harness.send(command, actor: .user((user ?? admin).id))
        try await harness.drain()
        return id
    }

    private func merge(_ kind: MergeEntries.Kind, _ from: CommandID, _ into: CommandID) async throws -> CommandID {
        try await send(
            MergeEntries(
                kind: kind, from: CatalogueID(from.uuid), into: CatalogueID(into.uuid), userVersion: 2))
    }

    private func titles(_ search: PerformanceSearch) async throws -> [String] {
        try await eventually("the search ends before its timeout") {
            try await CatalogueReads(harness.pool).performances(search, limit: 50).performances.map(\.title)
        }
    }

    @Test func aProposalIsStoredAndApproved() async throws {
        try await addUsers()
        let id = try await propose("Vespertine", performers: ["Björk", "Choir"], by: seller)
        #expect(try await harness.refusal(of: id) == nil)
        let reads = CatalogueReads(harness.pool)
        #expect(try await titles(PerformanceSearch()).isEmpty)
        #expect(try await reads.proposals(after: nil, limit: 9).map(\.id) == [PerformanceID(id.uuid)])
        #expect(try await harness.number("SELECT count(*) FROM catalogue.performers") == 2)
        try await send(ApproveProposal(performanceId: PerformanceID(id.uuid), userVersion: 2))
        let stored = try #require(try await reads.performance(PerformanceID(id.uuid)))
        #expect(stored.status == .scheduled && stored.performers == ["Björk", "Choir"] && stored.version == 2)
        #expect(try await reads.show(ShowID(id.uuid))?.status == .published)
        #expect(try await reads.venue(VenueID(id.uuid))?.details == venue())
        #expect(try await titles(PerformanceSearch()) == ["Vespertine"])
        // The published state is the stored one.
        let event = try await harness.pool.query(
            "SELECT body::text FROM catalogue.outbox WHERE type = 'PerformanceUpdated'")[0].decode(String.self)
        #expect(try JSONDecoder().decode(PerformanceState.self, from: Data(event.utf8)) == stored)
    }

    @Test func aMemberWhoBecameAdminCuratesAtOnce() async throws {
        try await addUsers()
        let id = try await propose("Vespertine", by: seller)
        let approve = ApproveProposal(performanceId: PerformanceID(id.uuid), userVersion: 1)
        #expect(try await harness.refusal(of: try await send(approve, by: seller)) == .forbidden)
        var promoted = seller
        (promoted.role, promoted.version) = (.admin, 2)
        try await harness.deliver(.user(promoted), from: .users)
        try await harness.drain()
        #expect(try await harness.refusal(of: try await send(approve, by: promoted)) == nil)
    }

    @Test func aChangeOfAnEventReachesItsPerformancesInSlices() async throws {
        try await addUsers()
        let id = try await propose("Vespertine")
        try await harness.pool.execute(
            """
            INSERT INTO catalogue.performances (id, event_id, event_version, title, category, performers, venue_id,
                venue_version, venue, city, country, time_zone, starts_at, status, version, created_at, updated_at)
            SELECT gen_random_uuid(), event_id, event_version, title, category, performers, venue_id, venue_version,
                venue, city, country, time_zone, starts_at + number * interval '1 day', status, 1, now(), now()
            FROM catalogue.performances, generate_series(1, 450) AS number
            """)
        let sizes = try await TransactionSizes(of: "catalogue.performances", on: harness.pool)
        try await send(
            ChangeShow(eventId: ShowID(id.uuid), title: "Biophilia", performers: ["Björk"], userVersion: 2))
        #expect(try await harness.number("SELECT count(*) FROM catalogue.performances WHERE title = 'Biophilia'") == 0)
        try await harness.runWork()
        let count = "SELECT count(*) FROM catalogue.performances WHERE title = 'Biophilia' AND performers = '{Björk}'"
        #expect(try await harness.number("\(unsafe: count)") == 451)
        #expect(try await harness.number("SELECT count(*) FROM catalogue.work") == 0)
        let changes = try await sizes.summary(of: "catalogue.performances")
        #expect(changes.rows == 451 && changes.largest <= 200, "\(changes)")
        #expect(try await titles(PerformanceSearch(text: "bjork")).count == 50)
    }

    @Test func mergesMovePerformancesAndNoChainRemains() async throws {
        try await addUsers()
        let first = try await propose("Hamlet", performers: ["A", "B"])
        let venue = VenueID(first.uuid)
        let second = try await propose("Hamlet", performers: ["a."], venueId: venue)
        let third = try await propose("Hamlet (play)", venueId: venue, days: 1)
        for (from, into) in [(second, first), (first, third)] {
            #expect(try await harness.refusal(of: try await merge(.event, from, into)) == nil)
        }
        #expect(try await harness.refusal(of: try await merge(.event, first, second)) == .conflict)
        try await harness.runWork()
        let show = ShowID(third.uuid)
        let chains = "SELECT count(*) FROM catalogue.events WHERE merged_into = \(show)" as SQL
        #expect(try await harness.number(chains) == 2)
        #expect(try await harness.number("SELECT count(*) FROM catalogue.performances WHERE event_id = \(show)") == 3)
        // The same evening at the same venue is one performance.
        let reads = CatalogueReads(harness.pool)
        let states = try await [first, second].asyncMap { try await reads.performance(PerformanceID($0.uuid)) }
        #expect(states.compactMap(\.?.mergedInto).count == 1)
        #expect(try await titles(PerformanceSearch(eventId: show)) == ["Hamlet (play)", "Hamlet (play)"])
    }

    /// If the proposal did not find the winner's performance, the unique index would refuse it at each try, until it
    /// became a dead letter.
    @Test func aProposalByAMergedEventFindsThePerformancesOfTheWinner() async throws {
        try await addUsers()
        let winner = try await propose("Hamlet")
        let venue = VenueID(winner.uuid)
        let loser = try await propose("Hamlet (play)", venueId: venue, days: 1)
        _ = try await merge(.event, loser, winner)
        try await harness.runWork()
        let again = try await propose("", venueId: venue, eventId: ShowID(loser.uuid), by: seller)
        #expect(try await harness.refusal(of: again) == .conflict)
    }

    @Test func aMergedPerformerIsReplacedInTheEvents() async throws {
        try await addUsers()
        let one = try await propose("One", performers: ["Bjork"])
        let two = try await propose("Two", performers: ["Björk"], days: 1)
        let reads = CatalogueReads(harness.pool)
        let ids = try await [one, two].asyncMap { try await reads.show(ShowID($0.uuid))?.performers.first?.id }
        let (loser, winner) = (try #require(ids[0]), try #require(ids[1]))
        try await send(
            MergeEntries(
                kind: .performer, from: CatalogueID(loser.uuid), into: CatalogueID(winner.uuid), userVersion: 2))
        for _ in 0..<3 { try await harness.runWork() }
        #expect(try await reads.show(ShowID(one.uuid))?.performers == [Show.Part(id: winner, name: "Björk")])
        #expect(try await reads.performance(PerformanceID(one.uuid))?.performers == ["Björk"])
        try await send(RenamePerformer(performerId: winner, name: "Björk Guðmundsdóttir", userVersion: 2))
        for _ in 0..<3 { try await harness.runWork() }
        #expect(try await titles(PerformanceSearch(text: "gudmundsdottir")) == ["One", "Two"])
        #expect(try await harness.number("SELECT count(*) FROM catalogue.work") == 0)
    }

    @Test func performancesThatLookAlikeArePairsUntilTheyAreMergedOrKept() async throws {
        try await addUsers()
        let (reads, hall) = (CatalogueReads(harness.pool), venue())
        func pairs() async throws -> [Set<UUID>] {
            try await reads.duplicates(limit: 9).map { [$0.0.id.uuid, $0.1.id.uuid] }
        }
        let one = try await propose("Hamlet", venue: hall)
        let place = VenueID(one.uuid)
        try await propose("Coldplay", venueId: place, minutes: 10)
        try await propose("Hamlet premiere", venue: venue("Elsewhere"), minutes: 5)
        try await propose("Hamlet premiere", venueId: place, minutes: 181)
        try await propose("", venueId: place, eventId: ShowID(one.uuid), minutes: -61)
        // Anyone can send proposals, so they are not compared.
        try await propose("Hamlet", venueId: place, minutes: 5, by: seller)
        #expect(try await pairs().isEmpty)

        let two = try await propose("Hamlet premiere", venueId: place, days: 1)
        let three = try await propose("Hámlet", venueId: place, days: 1, minutes: 180)
        let four = try await propose("", venueId: place, eventId: ShowID(one.uuid), days: 2)
        let five = try await propose("", venueId: place, eventId: ShowID(one.uuid), days: 2, minutes: 60)
        #expect(try await pairs() == [[two.uuid, three.uuid], [four.uuid, five.uuid]])

        let (first, second) = (PerformanceID(three.uuid), PerformanceID(two.uuid))
        let keep = KeepBothPerformances(performanceId: first, otherId: second, userVersion: 2)
        for _ in 0..<2 { #expect(try await harness.refusal(of: try await send(keep)) == nil) }
        #expect(try await pairs() == [[four.uuid, five.uuid]])
        // A kept pair stays kept when one of the two changes.
        let later = PerformanceTimes(startsAt: start + .seconds(86_400 + 3600))
        try await send(ReschedulePerformance(performanceId: first, times: later, userVersion: 2))
        #expect(try await pairs() == [[four.uuid, five.uuid]])
        // A pair ends when one of the two moves away or is merged, and comes back with the time.
        func move(_ minutes: Int64) async throws {
            let times = PerformanceTimes(startsAt: start + .seconds(2 * 86_400 + minutes * 60))
            let move = ReschedulePerformance(performanceId: PerformanceID(five.uuid), times: times, userVersion: 2)
            #expect(try await harness.refusal(of: try await send(move)) == nil)
        }
        try await move(61)
        #expect(try await pairs().isEmpty)
        try await move(-60)
        #expect(try await pairs() == [[four.uuid, five.uuid]])
        #expect(try await harness.refusal(of: try await merge(.performance, five, four)) == nil)
        #expect(try await pairs().isEmpty)
    }

    @Test func theDatabaseRefusesTheSameEveningTwice() async throws {
        try await addUsers()
        let id = try await propose("Vespertine")
        let again = try await propose("", venueId: VenueID(id.uuid), eventId: ShowID(id.uuid))
        #expect(try await harness.refusal(of: again) == .conflict)
        await #expect(throws: PostgresError.self) {
            try await harness.pool.execute(
                """
                INSERT INTO catalogue.performances (id, event_id, event_version, title, category, performers, venue_id,
                    venue_version, venue, city, country, time_zone, starts_at, status, version, created_at, updated_at)
                SELECT gen_random_uuid(), event_id, event_version, title, category, performers, venue_id,
                    venue_version, venue, city, country, time_zone, starts_at, 'proposed', 1, now(), now()
                FROM catalogue.performances
                """)
        }
    }

    @Test func performancesAreFoundByWordsCityDayCategoryAndSimilarSpelling() async throws {
        try await addUsers()
        try await propose("Das Wohltemperierte Klavier", venue: venue("Elbphilharmonie", city: "Hamburg"))
        try await propose("Coldplay", performers: ["Coldplay", "Ke$ha"], venue: venue("Arena", city: "Köln"), days: 1)
        for (text, title) in [
            ("klavier", "Das"), ("wohltemp hamburg", "Das"), ("coldplay tickets", "Cold"), ("kesha", "Cold"),
            ("cologne", "Cold"), ("coldpaly", "Cold"), ("elbfilharmonie", "Das"),
        ] {
            let found = try await titles(PerformanceSearch(text: text))
            #expect(found.map { $0.hasPrefix(title) } == [true], "\(text)")
        }
        #expect(try await titles(PerformanceSearch(city: "Cologne")) == ["Coldplay"])
        #expect(try await titles(PerformanceSearch(category: .sport)).isEmpty)
        #expect(try await titles(PerformanceSearch(country: "IS")).count == 2)
        #expect(try await titles(PerformanceSearch(from: start + .seconds(60))) == ["Coldplay"])
        #expect(try await titles(PerformanceSearch(to: start + .seconds(60))).count == 1)
        for text in ["", "'", "\u{0}", ":*", "a & | !", String(repeating: "x", count: 10_000)] {
            _ = try await titles(PerformanceSearch(text: text, city: text))
        }
        let reads = CatalogueReads(harness.pool)
        let page = try await reads.performances(PerformanceSearch(), limit: 1)
        let next = try await reads.performances(PerformanceSearch(), after: page.next, limit: 1)
        #expect(page.performances.map(\.title) == ["Das Wohltemperierte Klavier"])
        #expect(next.performances.map(\.title) == ["Coldplay"] && next.next == nil)
        #expect(try await reads.shows(text: "coldp", after: nil, limit: 9).map(\.title) == ["Coldplay"])
        #expect(try await reads.venues(text: "elb", after: nil, limit: 9).map(\.details.city) == ["Hamburg"])
    }
}

extension Array {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
