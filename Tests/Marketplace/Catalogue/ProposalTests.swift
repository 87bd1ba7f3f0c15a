import Testing

@testable import Marketplace

@Suite struct ProposalTests {
    private static let seller = Actor.user(.n(90))

    @Test func aProposalCreatesTheEventItsPerformersTheVenueAndThePerformance() throws {
        var decider = CatalogueDecider.of(performers: [Fixture.performer(7, "BJÖRK")])
        let decision = decider.send(Fixture.proposal(event: Fixture.newShow, venue: Fixture.place), by: Self.seller)
        let performance = try #require(decider.performances[.n(50)]).state
        let show = try #require(decider.shows[.n(50)])
        #expect(decision.reply(as: PerformanceRepresentation.self) == PerformanceRepresentation(performance))
        #expect(performance.status == .proposed && show.status == .proposed && show.proposedBy == .n(90))
        // If the catalogue has a performer with this name, the proposal uses that performer and its spelling.
        #expect(performance.performers == ["BJÖRK", "Icelandic Choir"] && show.performers[0].id == .n(7))
        #expect(decider.venues[.n(50)]?.details == Fixture.place && performance.venue == Fixture.place)
        #expect(decider.performers.inserted == [show.performers[1].id])
        #expect(
            decision.events.map(\.type) == [.performerCreated, .showCreated, .venueCreated, .performanceCreated])
        #expect(decision.events.allSatisfy { $0.version == 1 })
    }

    @Test func theProposalOfAnAdminIsPublishedAtOnce() throws {
        var decider = CatalogueDecider.of()
        _ = decider.send(Fixture.proposal(event: Fixture.newShow, venue: Fixture.place))
        #expect(decider.performances[.n(50)]?.state.status == .scheduled)
        #expect(decider.shows[.n(50)]?.status == .published && decider.venues[.n(50)]?.status == .published)
    }

    @Test func aMergedEventOrVenueStandsForTheOneThatStays() throws {
        var decider = CatalogueDecider.of(
            shows: [Fixture.show(1, into: 2), Fixture.show(2)], venues: [Fixture.venue(3, into: 4), Fixture.venue(4)])
        let decision = decider.send(Fixture.proposal(eventId: .n(1), venueId: .n(3)), by: Self.seller)
        #expect(decision.isDone)
        let performance = try #require(decider.performances[.n(50)]).state
        #expect(performance.eventId == .n(2) && performance.venueId == .n(4) && performance.title == "Show 2")
    }

    @Test func proposalsOfOthersAndRejectedEntriesAreUnknown() {
        for show in [Fixture.show(1, .proposed, proposer: 92), Fixture.show(1, .rejected)] {
            var decider = CatalogueDecider.of(shows: [show], venues: [Fixture.venue(1)])
            let decision = decider.send(Fixture.proposal(eventId: .n(1), venueId: .n(1)), by: Self.seller)
            #expect(decision.refusal?.code == .notFound && decision.refusal?.field == "eventId")
            #expect(decider.isUnchanged)
        }
        var own = CatalogueDecider.of(shows: [Fixture.show(1, .proposed)], venues: [Fixture.venue(1)])
        #expect(own.send(Fixture.proposal(eventId: .n(1), venueId: .n(1)), by: Self.seller).isDone)
    }

    @Test func theCatalogueHasAnEventAtAVenueAndTimeOnce() {
        let (shows, venues) = ([Fixture.show(1)], [Fixture.venue(1)])
        for status in [PerformanceState.Status.proposed, .scheduled, .postponed] {
            var decider = CatalogueDecider.of(
                shows: shows, venues: venues, performances: [Fixture.performance(1, status)])
            let decision = decider.send(Fixture.proposal(eventId: .n(1), venueId: .n(1)), by: Self.seller)
            #expect(decision.refusal?.code == .conflict && decider.isUnchanged)
        }
        var decider = CatalogueDecider.of(
            shows: shows, venues: venues, performances: [Fixture.performance(1, .cancelled)])
        #expect(decider.send(Fixture.proposal(eventId: .n(1), venueId: .n(1)), by: Self.seller).isDone)
        // The rule also holds within a batch.
        let second = decider.send(Fixture.proposal(eventId: .n(1), venueId: .n(1)), by: Self.seller, id: 51)
        #expect(second.refusal?.code == .conflict)
    }

    @Test func aUserHasABoundedNumberOfOpenProposals() {
        var decider = CatalogueDecider.of(openProposals: [.n(90): ProposePerformance.limit - 1])
        #expect(decider.send(Fixture.proposal(event: Fixture.newShow, venue: Fixture.place), by: Self.seller).isDone)
        let next = decider.send(
            Fixture.proposal(event: Fixture.newShow, venue: Fixture.place), by: Self.seller, id: 51)
        #expect(next.refusal?.code == .conflict)
        #expect(decider.send(.reject(RejectProposal(performanceId: .n(50), userVersion: 2)), id: 52).isDone)
        #expect(
            decider.send(Fixture.proposal(event: Fixture.newShow, venue: Fixture.place), by: Self.seller, id: 53)
                .isDone)
    }

    @Test(arguments: [Actor.nobody, .operator, .stripe])
    func onlyUsersPropose(actor: Actor) {
        var decider = CatalogueDecider.of()
        #expect(
            decider.send(Fixture.proposal(event: Fixture.newShow, venue: Fixture.place), by: actor).refusal?.code
                == .forbidden)
    }

    @Test func bannedSellersAreRefusedAndProposalsWaitForTheCopy() {
        var banned = CatalogueDecider.of(
            seller: CatalogueMember(id: .n(90), status: .banned, role: .member, version: 3))
        let proposal = Fixture.proposal(event: Fixture.newShow, venue: Fixture.place)
        #expect(banned.send(proposal, by: Self.seller).refusal?.code == .banned && banned.isUnchanged)
        var behind = CatalogueDecider.of(
            seller: CatalogueMember(id: .n(90), status: .active, role: .member, version: 1))
        #expect(behind.send(proposal, by: Self.seller).isDeferred && behind.isUnchanged)
    }

    @Test(arguments: [
        ("startsAt", PerformanceTimes(startsAt: Fixture.now)),
        ("doorsAt", PerformanceTimes(startsAt: Fixture.start, doorsAt: Fixture.start + .seconds(1))),
        ("doorsAt", PerformanceTimes(startsAt: Fixture.start, doorsAt: Fixture.start - .seconds(86_401))),
        ("endsAt", PerformanceTimes(startsAt: Fixture.start, endsAt: Fixture.start)),
        ("endsAt", PerformanceTimes(startsAt: Fixture.start, endsAt: Fixture.start + .seconds(32 * 86_400))),
    ])
    func impossibleTimesAreRefused(field: String, times: PerformanceTimes) {
        var decider = CatalogueDecider.of()
        let decision = decider.send(
            Fixture.proposal(event: Fixture.newShow, venue: Fixture.place, times: times), by: Self.seller)
        #expect(decision.refusal?.code == .invalid && decision.refusal?.field == field && decider.isUnchanged)
    }

    @Test func invalidFactsAreRefused() {
        func refused(_ change: (inout ProposePerformance.NewShow, inout VenueDetails) -> Void) -> String? {
            var (show, venue) = (Fixture.newShow, Fixture.place)
            change(&show, &venue)
            var decider = CatalogueDecider.of()
            let decision = decider.send(Fixture.proposal(event: show, venue: venue), by: Self.seller)
            #expect(decider.isUnchanged && decision.refusal?.code == .invalid)
            return decision.refusal?.field
        }
        for (title, valid) in titles where !valid { #expect(refused { show, _ in show.title = title } == "title") }
        #expect(refused { show, _ in show.category = ShowCategory(rawValue: "x") } == "category")
        #expect(refused { show, _ in show.performers = ["a\nb"] } == "performers")
        #expect(refused { show, _ in show.performers = (0...12).map { "P \($0)" } } == "performers")
        #expect(refused { _, venue in venue.name = " " } == "venue")
        #expect(refused { _, venue in venue.address = "" } == "address")
        #expect(refused { _, venue in venue.country = "XX" } == "country")
        #expect(refused { _, venue in venue.place = "US-NY" } == "place")
        #expect(refused { _, venue in venue.timeZone = "Europe Berlin" } == "timeZone")
        var both = CatalogueDecider.of(shows: [Fixture.show(1)])
        #expect(
            both.send(
                Fixture.proposal(eventId: .n(1), event: Fixture.newShow, venue: Fixture.place), by: Self.seller
            ).refusal?.field == "eventId")
    }

    @Test func anApprovalPublishesTheEventAndTheVenue() throws {
        var decider = CatalogueDecider.of()
        _ = decider.send(Fixture.proposal(event: Fixture.newShow, venue: Fixture.place), by: Self.seller)
        let decision = decider.send(.approve(ApproveProposal(performanceId: .n(50), userVersion: 2)), id: 51)
        let performance = try #require(decider.performances[.n(50)])
        #expect(performance.state.status == .scheduled && performance.state.version == 2)
        #expect(decider.shows[.n(50)]?.status == .published && decider.venues[.n(50)]?.status == .published)
        #expect(performance.showVersion == 2 && performance.venueVersion == 2)
        #expect(decision.events.map(\.type) == [.showUpdated, .venueUpdated, .performanceUpdated])
        // A second approval changes nothing.
        let again = decider.send(.approve(ApproveProposal(performanceId: .n(50), userVersion: 2)), id: 52)
        #expect(again.isDone && again.events.isEmpty)
        let reject = decider.send(.reject(RejectProposal(performanceId: .n(50), userVersion: 2)), id: 53)
        #expect(reject.refusal?.code == .conflict)
    }

    @Test func aRejectionRejectsTheNewEventAndVenueAndKeepsPublishedOnes() {
        var decider = CatalogueDecider.of(venues: [Fixture.venue(1)])
        _ = decider.send(Fixture.proposal(event: Fixture.newShow, venueId: .n(1)), by: Self.seller)
        _ = decider.send(.reject(RejectProposal(performanceId: .n(50), userVersion: 2)), id: 51)
        #expect(decider.performances[.n(50)]?.state.status == .rejected)
        #expect(decider.shows[.n(50)]?.status == .rejected && decider.venues[.n(1)]?.status == .published)
        let late = decider.send(.approve(ApproveProposal(performanceId: .n(50), userVersion: 2)), id: 52)
        #expect(late.refusal?.code == .conflict)
    }

    @Test func aProposalWhoseTimeHasComeIsNotApproved() {
        var decider = CatalogueDecider.of(
            shows: [Fixture.show(1)], venues: [Fixture.venue(1)], performances: [Fixture.performance(1, .proposed)])
        let decision = decider.send(
            .approve(ApproveProposal(performanceId: .n(1), userVersion: 2)), at: Fixture.start)
        #expect(decision.refusal?.code == .conflict)
    }

    /// A member's spelling of a name is not shown on other users' events.
    @Test func aProposedPerformerIsPublishedAsAnAdminWritesTheName() throws {
        func named(_ name: String) -> ProposePerformance.NewShow {
            .init(title: "Solo", category: .concert, performers: [name])
        }
        var decider = CatalogueDecider.of()
        let later = PerformanceTimes(startsAt: Fixture.start + .seconds(86_400))
        _ = decider.send(
            Fixture.proposal(event: named("BJÖRK!!!"), venue: Fixture.place), by: .user(.n(90)), id: 60)
        let part = try #require(decider.shows[.n(60)]?.performers.first)
        #expect(decider.performers[part.id]?.status == .proposed)
        _ = decider.send(Fixture.proposal(event: named("Björk"), venue: Fixture.place, times: later), id: 61)
        #expect(decider.shows[.n(61)]?.performers == [Show.Part(id: part.id, name: "Björk")])
        #expect(decider.performers[part.id]?.name == "Björk" && decider.performers[part.id]?.status == .published)
        // From now on, the published name is used.
        _ = decider.send(
            Fixture.proposal(event: named("björk?"), venue: Fixture.place), by: .user(.n(90)), id: 63)
        #expect(decider.shows[.n(63)]?.performers == [Show.Part(id: part.id, name: "Björk")])
    }
}
