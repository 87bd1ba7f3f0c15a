import Testing

@testable import Marketplace

@Suite struct CurationTests {
    private static let commands: [CatalogueCommand] = [
        .approve(ApproveProposal(performanceId: .n(1), userVersion: 2)),
        .reject(RejectProposal(performanceId: .n(1), userVersion: 2)),
        .changeShow(ChangeShow(eventId: .n(1), title: "New", userVersion: 2)),
        .changeVenue(ChangeVenue(venueId: .n(1), venue: Fixture.place, userVersion: 2)),
        .renamePerformer(RenamePerformer(performerId: .n(1), name: "New", userVersion: 2)),
        .postpone(PostponePerformance(performanceId: .n(1), userVersion: 2)),
        .reschedule(
            ReschedulePerformance(
                performanceId: .n(1), times: PerformanceTimes(startsAt: Fixture.start + .seconds(60)), userVersion: 2)),
        .cancel(CancelPerformance(performanceId: .n(1), userVersion: 2)),
        .merge(MergeEntries(kind: .event, from: .n(1), into: .n(2), userVersion: 2)),
        .keepBoth(KeepBothPerformances(performanceId: .n(1), otherId: .n(2), userVersion: 2)),
    ]

    @Test func onlyAdminsCurate() {
        for command in Self.commands {
            for actor in [Actor.user(.n(90)), .nobody, .stripe] {
                var decider = CatalogueDecider.of(shows: [Fixture.show(1), Fixture.show(2)])
                #expect(decider.send(command, by: actor).refusal?.code == .forbidden && decider.isUnchanged)
            }
            var unknown = CatalogueDecider.of()
            #expect(unknown.send(command, by: .user(.n(93))).isDeferred)
            for actor in [Actor.user(.n(91)), .operator] {
                var empty = CatalogueDecider.of()
                #expect(empty.send(command, by: actor).refusal?.code == .notFound && empty.isUnchanged)
            }
        }
    }

    @Test func aChangedEventIsCopiedIntoItsPerformancesLater() throws {
        var decider = CatalogueDecider.of(
            performers: [Fixture.performer(7, "Björk")], shows: [Fixture.show(1)],
            performances: [Fixture.performance(1), Fixture.performance(2, at: Fixture.start + .seconds(60))])
        let change = ChangeShow(eventId: .n(1), title: "Biophilia", performers: ["björk"], ifVersion: 1, userVersion: 2)
        let decision = decider.send(.changeShow(change))
        #expect(decision.events.map(\.type) == [.showUpdated])
        #expect(decider.shows[.n(1)]?.performers == [Show.Part(id: .n(7), name: "Björk")])
        #expect(decider.work.started == [Work(.refreshPerformancesOfShow, ShowID.n(1).uuid)])
        let slice = WorkSlice(Work(.refreshPerformancesOfShow, ShowID.n(1).uuid))
        let refresh = decider.decide(
            .event(Fixture.eventHead(), .refreshPerformancesOfShow(slice)), now: Fixture.now)
        #expect(refresh.events.map(\.type) == [.performanceUpdated, .performanceUpdated])
        for id in [1, 2] as [UInt64] {
            let performance = try #require(decider.performances[.n(id)])
            #expect(performance.state.title == "Biophilia" && performance.state.performers == ["Björk"])
            #expect(performance.showVersion == 2 && performance.version == 2)
        }
        _ = decider.decide(.event(Fixture.eventHead(), .refreshPerformancesOfShow(slice)), now: Fixture.now)
        #expect(decider.work.ended == [slice.work])
        let stale = decider.send(.changeShow(change))
        #expect(stale.refusal?.code == .staleVersion)
    }

    @Test func aRenamedPerformerIsCopiedIntoItsEvents() throws {
        let part = Show.Part(id: .n(7), name: "Bjork")
        var decider = CatalogueDecider.of(
            performers: [Fixture.performer(7, "Bjork"), Fixture.performer(8, "Sigur Rós")],
            shows: [Fixture.show(1, performers: [part])])
        let taken = decider.send(
            .renamePerformer(RenamePerformer(performerId: .n(7), name: "SIGUR RÓS", userVersion: 2)))
        #expect(taken.refusal?.code == .conflict)
        _ = decider.send(.renamePerformer(RenamePerformer(performerId: .n(7), name: "Björk", userVersion: 2)))
        let slice = WorkSlice(Work(.refreshShowsOfPerformer, PerformerID.n(7).uuid))
        _ = decider.decide(.event(Fixture.eventHead(), .refreshShowsOfPerformer(slice)), now: Fixture.now)
        #expect(decider.shows[.n(1)]?.performers == [Show.Part(id: .n(7), name: "Björk")])
        #expect(decider.work.started.contains(Work(.refreshPerformancesOfShow, ShowID.n(1).uuid)))
    }

    @Test func aPerformanceIsPostponedRescheduledAndCancelled() {
        var decider = CatalogueDecider.of(performances: [Fixture.performance(1)])
        let postpone = CatalogueCommand.postpone(PostponePerformance(performanceId: .n(1), userVersion: 2))
        let cancel = CatalogueCommand.cancel(CancelPerformance(performanceId: .n(1), userVersion: 2))
        #expect(decider.send(postpone).events.count == 1 && decider.send(postpone).events.isEmpty)
        #expect(decider.performances[.n(1)]?.state.status == .postponed)
        let later = PerformanceTimes(startsAt: Fixture.start + .seconds(86_400))
        let reschedule = CatalogueCommand.reschedule(
            ReschedulePerformance(performanceId: .n(1), times: later, userVersion: 2))
        #expect(decider.send(reschedule).events.count == 1 && decider.send(reschedule).events.isEmpty)
        #expect(decider.performances[.n(1)]?.state.status == .scheduled)
        #expect(decider.performances[.n(1)]?.state.times == later)
        #expect(decider.send(cancel).events.count == 1 && decider.send(cancel).events.isEmpty)
        for command in [postpone, reschedule] { #expect(decider.send(command).refusal?.code == .conflict) }
        #expect(decider.performances[.n(1)]?.state.status == .cancelled)
    }

    @Test func aNewDateMustBeFree() {
        let other = Fixture.performance(2, at: Fixture.start + .seconds(60))
        var decider = CatalogueDecider.of(performances: [Fixture.performance(1), other])
        let decision = decider.send(
            .reschedule(ReschedulePerformance(performanceId: .n(1), times: other.state.times, userVersion: 2)))
        #expect(decision.refusal?.code == .conflict && decider.isUnchanged)
    }
}
