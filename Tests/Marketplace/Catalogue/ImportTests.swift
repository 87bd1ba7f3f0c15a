import FoundationEssentials
import Testing

@testable import Marketplace

/// Rows of a source become published entries. The fixture's venue 1 is Harpa in Reykjavík.
@Suite struct ImportTests {
    private let start = Fixture.start

    private func row(
        _ id: String = "a", _ title: String = "Vespertine", performers: [String] = [], venue: String = "Harpa",
        country: String? = "IS", timeZone: String? = "Atlantic/Reykjavik", days: Int64 = 0,
        status: ImportedPerformance.Status = .scheduled
    ) -> ImportedPerformance {
        var row = ImportedPerformance(
            externalId: id,
            event: ProposePerformance.NewShow(title: title, category: .concert, performers: performers),
            venue: ImportedPerformance.Place(
                name: venue, city: "Reykjavík", country: country, timeZone: timeZone),
            times: PerformanceTimes(startsAt: start + .seconds(days * 86_400)), status: status)
        row.eventDigest = "event \([title.lowercased()].hashValue ^ performers.hashValue)"
        row.digest = "\(row.hashValue)"
        return row
    }

    private func command(_ rows: [ImportedPerformance], source: String = "harpa") -> CatalogueCommand {
        .importPerformances(ImportPerformances(source: source, performances: rows, userVersion: 2))
    }

    private func outcomes(_ decision: Decision) throws -> [ImportReply.Outcome] { try rows(decision).map(\.outcome) }

    private func rows(_ decision: Decision) throws -> [ImportReply.Row] {
        guard case .reply(let reply as ImportReply) = decision.outcome else {
            Issue.record("not a reply: \(decision.outcome)")
            return []
        }
        return reply.rows
    }

    @Test func aRowBecomesAPublishedPerformance() throws {
        var state = CatalogueDecider.of()
        let decision = state.send(command([row(performers: ["Björk", "Choir"])]))
        #expect(try outcomes(decision) == [.created])
        #expect(
            decision.events.map(\.type) == [
                .performerCreated, .performerCreated, .showCreated, .venueCreated, .performanceCreated,
            ])
        let performance = try #require(state.performances.rows.values.first?.state)
        #expect(performance.status == .scheduled && performance.version == 1 && performance.proposedBy == nil)
        #expect(performance.performers == ["Björk", "Choir"] && performance.venue.timeZone == "Atlantic/Reykjavik")
        #expect(state.shows.rows.values.map(\.status) == [.published])
        #expect(state.venues.rows.values.map(\.status) == [.published])
    }

    @Test func aRepeatChangesAndAnnouncesNothing() throws {
        var state = CatalogueDecider.of()
        let file = command([row("a"), row("b", days: 1), row("c", "Biophilia", days: 2)])
        _ = state.send(file)
        let before = (state.performances.rows, state.shows.rows, state.imports.changed.count)
        let decision = state.send(file, id: 51)
        #expect(try outcomes(decision) == [.unchanged, .unchanged, .unchanged])
        #expect(decision.events.isEmpty)
        #expect(state.performances.rows == before.0 && state.shows.rows == before.1)
        #expect(state.imports.changed.count == before.2)
    }

    @Test func rowsOfOneEventShareItAndItsVenue() throws {
        var state = CatalogueDecider.of()
        let decision = state.send(command((0..<100).map { row("\($0)", days: Int64($0)) }))
        #expect(try outcomes(decision) == Array(repeating: .created, count: 100))
        #expect(state.shows.rows.count == 1 && state.venues.rows.count == 1 && state.performances.rows.count == 100)
        #expect(Set(state.performances.rows.values.map(\.state.eventId)) == Set(state.shows.rows.keys))
    }

    @Test func newEntriesOfOneCommandHaveDifferentIds() throws {
        var state = CatalogueDecider.of()
        let rows = (0..<100).map { number in
            row("\(number)", "Show \(number)", performers: (0..<12).map { "\(number).\($0)" }, venue: "Hall \(number)")
        }
        #expect(try outcomes(state.send(command(rows))) == Array(repeating: .created, count: 100))
        #expect(state.performers.rows.count == 1200 && state.shows.rows.count == 100 && state.venues.rows.count == 100)
    }

    @Test func aRowWithAnErrorChangesNothingAndTheOthersAreImported() throws {
        var state = CatalogueDecider.of()
        var long = row("long")
        long.times.endsAt = start - .seconds(1)
        let bad = [
            row("", days: 1), row("title", " ", days: 2), row("zone", timeZone: "no zone", days: 3),
            row("country", country: "XX", days: 4), row("unknown", venue: "Nowhere", timeZone: nil, days: 5),
            row("names", performers: Array(repeating: "x", count: 13), days: 6), row("past", days: -40), long,
        ]
        let results = try rows(state.send(command(bad + [row("good", days: 7)])))
        #expect(results.map(\.outcome) == Array(repeating: .failed, count: 6) + [.skipped, .failed, .created])
        #expect(results.filter { $0.outcome != .created }.allSatisfy { $0.message != nil })
        #expect(state.performances.rows.count == 1 && state.shows.rows.count == 1 && state.venues.rows.count == 1)
        #expect(state.imports.changed.count == 2, "the links of the good row alone")
    }

    @Test func onlyTheDifferenceIsChanged() throws {
        var state = CatalogueDecider.of()
        _ = state.send(command([row()]))
        let decision = state.send(command([row(days: 3)]), id: 51)
        #expect(try outcomes(decision) == [.changed])
        #expect(decision.events.map(\.type) == [.performanceUpdated])
        let performance = try #require(state.performances.rows.values.first?.state)
        #expect(performance.times.startsAt == start + .seconds(3 * 86_400) && performance.version == 2)
    }

    @Test func anAdminsChangeStaysUntilTheRowChanges() throws {
        var state = CatalogueDecider.of()
        _ = state.send(command([row(), row("b", days: 5)]))
        let id = try #require(state.performances.rows.values.first { $0.state.times.startsAt == start }).id
        let times = PerformanceTimes(startsAt: start + .seconds(3600))
        _ = state.send(.reschedule(ReschedulePerformance(performanceId: id, times: times, userVersion: 2)), id: 51)
        #expect(try outcomes(state.send(command([row(), row("b", days: 6)]), id: 52)) == [.unchanged, .changed])
        #expect(state.performances[id]?.state.times == times)
        #expect(try outcomes(state.send(command([row(days: 2)]), id: 53)) == [.changed])
        #expect(state.performances[id]?.state.times.startsAt == start + .seconds(2 * 86_400))
    }

    @Test func anEventWithOneDateIsRenamedAndAnEventOfSeveralStays() throws {
        var state = CatalogueDecider.of()
        _ = state.send(command([row("a"), row("b", "Biophilia", days: 1), row("c", "Biophilia", days: 2)]))
        let show = try #require(state.performances.rows.values.first { $0.state.title == "Vespertine" }).state.eventId
        var lookup = state.imports
        lookup.addShowsWithOneDate([show])
        state = CatalogueDecider(
            performers: Array(state.performers.rows.values), shows: Array(state.shows.rows.values),
            venues: Array(state.venues.rows.values), performances: Array(state.performances.rows.values),
            imports: lookup)
        let decision = state.send(
            command([row("a", "Vespertine Live"), row("b", "Biophilia Live", days: 1)]), by: .operator, id: 51)
        #expect(try outcomes(decision) == [.changed, .changed])
        #expect(state.shows[show]?.title == "Vespertine Live" && state.shows.rows.count == 3)
        #expect(state.work.started == [Work(.refreshPerformancesOfShow, show.uuid)])
        let titles = state.performances.rows.values.map(\.state.title).sorted()
        #expect(titles == ["Biophilia", "Biophilia Live", "Vespertine Live"])
    }

    @Test func aPostponedRowIsScheduledAgainAndACancelledOneIsFinal() throws {
        var state = CatalogueDecider.of()
        _ = state.send(command([row()]))
        func status() -> PerformanceState.Status? { state.performances.rows.values.first?.state.status }
        #expect(try outcomes(state.send(command([row(status: .postponed)]), id: 51)) == [.changed])
        #expect(status() == .postponed)
        #expect(try outcomes(state.send(command([row(days: 9)]), id: 52)) == [.changed])
        #expect(status() == .scheduled)
        #expect(try outcomes(state.send(command([row(days: 9, status: .cancelled)]), id: 53)) == [.changed])
        #expect(status() == .cancelled)
        let again = state.send(command([row(days: 10)]), id: 54)
        #expect(try outcomes(again) == [.failed] && again.events.isEmpty)
        // A cancelled row is skipped if the catalogue does not have the performance.
        #expect(try outcomes(state.send(command([row("z", status: .cancelled)]), id: 55)) == [.skipped])
    }

    @Test func entriesOfTheCatalogueAreUsed() throws {
        var lookup = ImportLookup()
        lookup.addShows(titled: "SHOW 1", key: "show 1", [.n(1)])
        lookup.addVenues(named: .init(name: "Harpa", city: "Reykjavík"), key: "harpa", [.n(1)])
        var state = CatalogueDecider(
            shows: [Fixture.show(1)], venues: [Fixture.venue(1)], performances: [Fixture.performance(7)],
            imports: lookup)
        let decision = state.send(
            command([row("a", "SHOW 1", timeZone: nil), row("b", "SHOW 1", days: 1)]), by: .operator)
        // An admin has created the performance of the first row.
        #expect(try outcomes(decision) == [.unchanged, .created])
        #expect(decision.events.map(\.type) == [.performanceCreated])
        #expect(state.shows.rows.count == 1 && state.venues.rows.count == 1 && state.performances.rows.count == 2)
    }

    @Test func aVenueIsChosenByItsCountryAndNeverGuessed() throws {
        var lookup = ImportLookup()
        lookup.addVenues(named: .init(name: "Harpa", city: "Reykjavík"), key: "harpa", [.n(1), .n(2)])
        var other = Fixture.venue(2)
        other.details.country = "DK"
        var state = CatalogueDecider(venues: [Fixture.venue(1), other], imports: lookup)
        let results = try rows(
            state.send(command([row("a", country: nil), row("b", country: "DK", days: 1)]), by: .operator))
        #expect(results.map(\.outcome) == [.failed, .created])
        #expect(results[0].message?.contains("2 such venues") == true)
        #expect(state.performances.rows.values.map(\.state.venueId) == [.n(2)])
    }

    @Test func anotherPerformanceAtTheTimeAndPlaceIsNotReplaced() throws {
        var state = CatalogueDecider.of()
        _ = state.send(command([row("a"), row("b", days: 1)]))
        let decision = state.send(command([row("b")]), id: 51)
        #expect(try outcomes(decision) == [.failed] && decision.events.isEmpty)
    }

    @Test func onlyAnAdminOrTheOperatorImports() {
        for (actor, isAllowed) in [
            (Actor.user(.n(90)), false), (.user(.n(91)), true), (.operator, true), (.nobody, false), (.stripe, false),
        ] {
            var state = CatalogueDecider.of()
            let decision = state.send(command([row()]), by: actor)
            #expect(state.performances.rows.isEmpty != isAllowed, "\(actor): \(decision.outcome)")
        }
    }

    @Test func aCommandHasABound() {
        for rows in [[], (0...ImportPerformances.limit).map { row("\($0)", days: Int64($0)) }] {
            var state = CatalogueDecider.of()
            guard case .refused(let refusal) = state.send(command(rows)).outcome else {
                Issue.record("accepted")
                continue
            }
            #expect(refusal.code == .invalid && state.isUnchanged)
        }
    }
}
