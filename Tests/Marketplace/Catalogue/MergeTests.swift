import Testing

@testable import Marketplace

@Suite struct MergeTests {
    private func merge(_ kind: MergeEntries.Kind, _ from: UInt64, _ into: UInt64) -> CatalogueCommand {
        .merge(MergeEntries(kind: kind, from: .n(from), into: .n(into), userVersion: 2))
    }

    private func refresh(_ decider: inout CatalogueDecider, _ kind: Work.Kind, _ id: UInt64) -> Decision {
        let slice = WorkSlice(Work(kind, ShowID.n(id).uuid))
        return switch kind {
        case .refreshPerformancesOfShow:
            decider.decide(.event(Fixture.eventHead(), .refreshPerformancesOfShow(slice)), now: Fixture.now)
        case .refreshPerformancesAtVenue:
            decider.decide(.event(Fixture.eventHead(), .refreshPerformancesAtVenue(slice)), now: Fixture.now)
        default:
            decider.decide(.event(Fixture.eventHead(), .refreshShowsOfPerformer(slice)), now: Fixture.now)
        }
    }

    @Test func theWinnerStandsForTheLoser() throws {
        var decider = CatalogueDecider.of(shows: [Fixture.show(1), Fixture.show(2)])
        let decision = decider.send(merge(.event, 1, 2))
        #expect(decision.reply(as: EventRepresentation.self)?.id == .n(2))
        let loser = try #require(decider.shows[.n(1)])
        #expect(loser.status == .merged && loser.mergedInto == .n(2) && loser.version == 2)
        #expect(decider.shows.updated == [.n(1)])
    }

    @Test func aMergeOfAMergedEntryIsRefused() {
        let shows = [Fixture.show(1, into: 2), Fixture.show(2), Fixture.show(3)]
        for (from, into) in [(1, 2), (1, 3), (3, 1), (2, 2)] as [(UInt64, UInt64)] {
            var decider = CatalogueDecider.of(shows: shows)
            #expect(decider.send(merge(.event, from, into)).refusal?.code == .conflict && decider.isUnchanged)
        }
        var unpublished = CatalogueDecider.of(shows: [Fixture.show(1), Fixture.show(2, .proposed)])
        #expect(unpublished.send(merge(.event, 1, 2)).refusal?.field == "into")
        var performances = CatalogueDecider.of(
            performances: [Fixture.performance(1, into: 2), Fixture.performance(2, venue: 2)])
        #expect(performances.send(merge(.performance, 1, 2)).refusal?.code == .conflict)
        #expect(performances.send(merge(.performance, 2, 1)).refusal?.code == .conflict)
    }

    @Test func noEntryIsMergedIntoAMergedOne() {
        var decider = CatalogueDecider.of(
            venues: [Fixture.venue(1, into: 2), Fixture.venue(2), Fixture.venue(3), Fixture.venue(4, into: 3)])
        let decision = decider.send(merge(.venue, 2, 3))
        #expect(decision.events.count == 2)
        for id in [1, 2, 4] as [UInt64] { #expect(decider.venues[.n(id)]?.mergedInto == .n(3)) }
    }

    @Test func anEntryStandsForABoundedNumberOfOthers() {
        let losers = (0..<UInt64(MergeEntries.limit)).map { Fixture.show(100 + $0, into: $0 % 2 == 0 ? 1 : 2) }
        var decider = CatalogueDecider.of(shows: losers + [Fixture.show(1), Fixture.show(2)])
        #expect(decider.send(merge(.event, 1, 2)).refusal?.code == .conflict && decider.isUnchanged)
    }

    @Test func performancesOfAMergedEventMoveAndTheSameEveningIsMerged() throws {
        let later = Fixture.start + .seconds(86_400)
        var decider = CatalogueDecider.of(
            shows: [Fixture.show(1), Fixture.show(2)],
            performances: [
                Fixture.performance(10, show: 1), Fixture.performance(11, show: 1, at: later),
                Fixture.performance(12, show: 1, .cancelled), Fixture.performance(20, show: 2),
                Fixture.performance(30, into: 10),
            ])
        _ = decider.send(merge(.event, 1, 2))
        let decision = refresh(&decider, .refreshPerformancesOfShow, 1)
        // There is one event for each of the four performances. Number 30 has a second event: it moves twice, because
        // it was merged before.
        #expect(decision.events.count == 5)
        let states = decider.performances.rows.mapValues(\.state)
        #expect(states[.n(10)]?.status == .merged && states[.n(10)]?.mergedInto == .n(20))
        #expect(states[.n(30)]?.mergedInto == .n(20))
        #expect(states[.n(11)]?.status == .scheduled && states[.n(11)]?.title == "Show 2")
        #expect(states[.n(12)]?.status == .cancelled)
        #expect(states.values.allSatisfy { $0.eventId == .n(2) })
        _ = refresh(&decider, .refreshPerformancesOfShow, 1)
        #expect(decider.work.ended.count == 1)
    }

    @Test func performancesAtAMergedVenueMove() {
        var decider = CatalogueDecider.of(
            venues: [Fixture.venue(1), Fixture.venue(2)], performances: [Fixture.performance(10, venue: 1)])
        _ = decider.send(merge(.venue, 1, 2))
        _ = refresh(&decider, .refreshPerformancesAtVenue, 1)
        #expect(decider.performances[.n(10)]?.state.venueId == .n(2))
    }

    /// Otherwise any member could make a performance disappear, by proposing it at the venue that it will be moved to.
    @Test func aPerformanceIsNeverMergedIntoAProposal() {
        var decider = CatalogueDecider.of(
            venues: [Fixture.venue(1), Fixture.venue(2)],
            performances: [Fixture.performance(10, venue: 1), Fixture.performance(20, venue: 2, .proposed)])
        _ = decider.send(merge(.venue, 1, 2))
        _ = refresh(&decider, .refreshPerformancesAtVenue, 1)
        #expect(decider.performances[.n(20)]?.mergedInto == .n(10))
        // The place is free for the next slice.
        _ = refresh(&decider, .refreshPerformancesAtVenue, 1)
        #expect(decider.performances[.n(10)]?.state.venueId == .n(2))
        #expect(decider.performances[.n(10)]?.state.status == .scheduled)
    }

    @Test func eventsOfAMergedPerformerNameTheWinnerOnce() {
        let parts = [Show.Part(id: .n(7), name: "Bjork"), Show.Part(id: .n(8), name: "Björk")]
        var decider = CatalogueDecider.of(
            performers: [Fixture.performer(7, "Bjork"), Fixture.performer(8, "Björk")],
            shows: [Fixture.show(1, performers: parts), Fixture.show(2, performers: [parts[0]])])
        _ = decider.send(merge(.performer, 7, 8))
        _ = refresh(&decider, .refreshShowsOfPerformer, 7)
        for id in [1, 2] as [UInt64] { #expect(decider.shows[.n(id)]?.performers == [parts[1]]) }
        // From now on, the name of the merged performer refers to the performer that it was merged into.
        let names = ProposePerformance.NewShow(title: "Solo", category: .concert, performers: ["bjork"])
        _ = decider.send(Fixture.proposal(event: names, venue: Fixture.place), id: 60)
        #expect(decider.shows[.n(60)]?.performers == [parts[1]])
    }

    @Test func performancesAreMergedByHand() {
        var decider = CatalogueDecider.of(
            performances: [
                Fixture.performance(1), Fixture.performance(2, venue: 2), Fixture.performance(3, into: 1),
            ])
        let decision = decider.send(merge(.performance, 1, 2))
        #expect(decision.reply(as: PerformanceRepresentation.self)?.id == .n(2) && decision.events.count == 2)
        #expect(decider.performances[.n(3)]?.mergedInto == .n(2))
    }
}
