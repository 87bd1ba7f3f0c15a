import Testing

@testable import Marketplace

/// Listings that name a performance.
@Suite struct PerformanceListingTests {
    private func copy(
        _ status: PerformanceState.Status = .scheduled, id: UInt64 = 1, version: Int64 = 1, days: Int64 = 30,
        into winner: UInt64? = nil
    ) -> PerformanceCopy {
        var state = Fixture.performance(
            id, at: Fixture.now + .seconds(days * 86_400), status, into: winner
        ).state
        state.version = version
        return PerformanceCopy(state)
    }

    private func create(
        _ performance: UInt64 = 1, version: Int64? = nil, title: String = "", details: ShowDetails = ShowDetails()
    ) -> ListingsCommand {
        .createListing(
            CreateListing(
                title: title, price: 2500, currency: .usd, quantity: 3, performanceId: .n(performance),
                performanceVersion: version, details: details, userVersion: 3))
    }

    private func change(_ id: ListingID, _ body: (inout ChangeListing) -> Void) -> ListingsCommand {
        var change = ChangeListing(ticketId: id, userVersion: 3)
        body(&change)
        return .changeListing(change)
    }

    private func decider(
        _ performances: PerformanceCopy..., listings: [Listing] = [], seller: UserState.Status = .active,
        offers: SellerOffers? = nil
    ) -> ListingsDecider {
        ListingsDecider(
            users: [UserCopy(id: .n(90), status: seller, version: 3)], listings: listings, orders: [],
            performances: performances, offers: offers.map { [.n(90): $0] } ?? [:],
            limits: NewSellerLimits(listings: 3, units: 100))
    }

    private func follow(_ decider: inout ListingsDecider, _ id: UInt64 = 1) -> Decision {
        let performance = PerformanceID.n(id)
        return decider.receive(.followPerformance(WorkSlice(Work(.followPerformance, performance.uuid))))
    }

    /// A listing of a performance, as it is stored.
    private func listing(_ performance: PerformanceCopy, _ body: (inout ListingState) -> Void = { _ in }) -> Listing {
        var state = Fixture.listing()
        state.take(performance)
        body(&state)
        return Listing(state: state, held: 0, sold: 0, performanceVersion: performance.version)
    }

    // MARK: New listings

    @Test func aListingTakesTheFactsOfItsPerformance() throws {
        var decider = decider(copy())
        let details = ShowDetails(venue: "Elsewhere", city: "Oslo", section: "B", note: "Two together.")
        let decision = decider.send(create(title: "Another", details: details))
        let state = try #require(decider.listings[.n(50)]?.state)
        #expect(state.title == "Show 1" && state.details.venue == "Harpa" && state.details.city == "Reykjavík")
        #expect(state.details.startsAt == Fixture.start && state.details.timeZone == "Atlantic/Reykjavik")
        #expect(state.details.section == "B" && state.details.note == "Two together." && !state.withdrawn)
        #expect(decider.listings[.n(50)]?.performanceVersion == 1)
        #expect(decision.reply(as: ListingRepresentation.self)?.performanceId == .n(1))
        #expect((decision.events.first?.body as? ListingState)?.performanceId == .n(1))
    }

    @Test func aCommandWaitsForTheCopyOfThePerformance() {
        var without = decider()
        #expect(without.send(create()).isDeferred && without.isUnchanged)
        var behind = decider(copy(version: 4))
        #expect(behind.send(create(version: 5)).isDeferred && behind.isUnchanged)
        #expect(behind.send(create(version: 4)).isDone)
    }

    @Test(
        arguments: [
            (.postponed, .conflict, "postponed"), (.cancelled, .conflict, "cancelled"),
            (.rejected, .invalid, "no perf"),
        ] as [(PerformanceState.Status, Refusal.Code, String)])
    func aPerformanceThatCannotBeSoldIsRefusedWithTheReason(
        status: PerformanceState.Status, code: Refusal.Code, text: String
    ) throws {
        var decider = decider(copy(status))
        let refusal = try #require(decider.send(create()).refusal)
        #expect(refusal.code == code && refusal.field == "performanceId" && refusal.message.contains(text))
        #expect(decider.isUnchanged)
    }

    @Test func startedAndMergedPerformancesAreRefused() throws {
        var started = decider(copy(days: 0))
        #expect(try #require(started.send(create()).refusal).message.contains("already started"))
        var merged = decider(copy(into: 2), copy(id: 2))
        let refusal = try #require(merged.send(create()).refusal)
        #expect(refusal.code == .conflict && refusal.message.contains(PerformanceID.n(2).description))
    }

    @Test func aProposalIsListedByItsSellerAloneAndGoesOnSaleWhenItIsPublished() throws {
        var others = ListingsDecider(
            users: [UserCopy(id: .n(91), status: .active, version: 3)], listings: [], orders: [],
            performances: [copy(.proposed)])
        #expect(others.send(create(), by: .user(.n(91))).refusal?.code == .invalid)
        var decider = decider(copy(.proposed))
        #expect(decider.send(create()).isDone)
        let before = try #require(decider.listings[.n(50)]?.state)
        #expect(before.withdrawn && before.suspended == Suspension(reason: .unpublished, wasOnSale: true))
        #expect(decider.receive(.performance(copy(.scheduled, version: 2))).isSilent)
        let decision = follow(&decider)
        #expect(decision.events.map(\.type) == [.ticketUpdated])
        let after = try #require(decider.listings[.n(50)]?.state)
        #expect(!after.withdrawn && after.suspended == nil)
    }

    // MARK: Changes of the performance

    @Test func onlyAChangeThatListingsShowStartsWork() {
        var decider = decider(copy())
        var moved = copy(version: 2)
        moved.proposedBy = .n(91)
        #expect(decider.receive(.performance(moved)).isSilent && decider.work.started.isEmpty)
        #expect(decider.performances[.n(1)]?.version == 2 && decider.upsertedPerformances == [.n(1)])
        _ = decider.receive(.performance(copy(version: 3, days: 31)))
        #expect(decider.work.started == [Work(.followPerformance, PerformanceID.n(1).uuid)])
        // An older state changes nothing.
        _ = decider.receive(.performance(copy(.cancelled, version: 2)))
        #expect(decider.performances[.n(1)]?.status == .scheduled)
    }

    @Test func aNewDateReachesTheListings() throws {
        var decider = decider(copy(version: 2, days: 60), listings: [listing(copy())])
        #expect(follow(&decider).events.count == 1)
        let listing = try #require(decider.listings[.n(1)])
        #expect(listing.state.details.startsAt == Fixture.now + .seconds(60 * 86_400))
        #expect(listing.state.version == 2 && listing.performanceVersion == 2 && !listing.state.withdrawn)
        #expect(follow(&decider).events.isEmpty && decider.work.ended.count == 1)
    }

    @Test func aPostponedPerformanceSuspendsItsListingsUntilItHasADate() throws {
        let withdrawn = listing(copy()) {
            $0.id = .n(2)
            $0.withdrawn = true
        }
        var decider = decider(copy(.postponed, version: 2), listings: [listing(copy()), withdrawn])
        #expect(follow(&decider).events.count == 2)
        let states = decider.listings.mapValues(\.state)
        #expect(states[.n(1)]?.suspended == Suspension(reason: .postponed, wasOnSale: true))
        #expect(states[.n(2)]?.suspended == Suspension(reason: .postponed, wasOnSale: false))
        #expect(states.values.allSatisfy { $0.withdrawn })
        // Only the sale state has changed. Such a change is written without the search columns.
        #expect(decider.listingsWithNewOffers.isEmpty && decider.listingsWithNewFacts.count == 2)
        #expect(decider.send(change(.n(1)) { $0.withdrawn = false }).refusal?.message.contains("postponed") == true)

        _ = decider.receive(.performance(copy(version: 3, days: 90)))
        _ = follow(&decider)
        #expect(decider.listings[.n(1)]?.state.withdrawn == false && decider.listings[.n(2)]?.state.withdrawn == true)
        #expect(decider.listings.values.allSatisfy { $0.state.suspended == nil })
    }

    @Test func aSellerMayWithdrawASuspendedListing() throws {
        // The old date may have passed.
        let old = copy(days: -1)
        var decider = decider(copy(.postponed, version: 2, days: -1), listings: [listing(old)])
        _ = follow(&decider)
        #expect(decider.send(change(.n(1)) { $0.withdrawn = true }).isDone)
        _ = decider.receive(.performance(copy(version: 3)))
        _ = follow(&decider)
        #expect(decider.listings[.n(1)]?.state.withdrawn == true)
    }

    @Test func aCancelledPerformanceClosesItsListings() throws {
        var decider = decider(copy(.cancelled, version: 2), listings: [listing(copy())])
        #expect(follow(&decider).events.count == 1)
        let state = try #require(decider.listings[.n(1)]?.state)
        #expect(state.withdrawn && state.suspended?.reason == .eventCancelled)
        let refusal = try #require(decider.send(change(.n(1)) { $0.withdrawn = false }).refusal)
        #expect(refusal.code == .conflict && refusal.message.contains("cancelled"))
        #expect(decider.send(change(.n(1)) { $0.price = 100 }).isDone)
    }

    @Test func theListingsOfAMergedPerformanceMove() throws {
        var moved = copy(id: 2, version: 7, days: 31)
        moved.title = "The show"
        var decider = decider(copy(version: 2, into: 2), moved, listings: [listing(copy())])
        #expect(follow(&decider).events.count == 1)
        let listing = try #require(decider.listings[.n(1)])
        #expect(listing.state.performanceId == .n(2) && listing.performanceVersion == 7)
        #expect(listing.state.title == "The show" && !listing.state.withdrawn)
    }

    /// The events of a merge may come in any order.
    @Test func listingsWaitForTheWinnerOfAMerge() {
        for winner in [[], [copy(id: 2, version: 2, into: 3)]] {
            var decider = ListingsDecider(
                users: [UserCopy(id: .n(90), status: .active, version: 3)], listings: [listing(copy())], orders: [],
                performances: [copy(version: 2, into: 2)] + winner)
            #expect(follow(&decider).events.isEmpty && decider.work.ended.isEmpty && decider.updatedListings.isEmpty)
        }
    }

    // MARK: Other reasons to be off sale

    private func postponed() -> Listing {
        listing(copy()) {
            $0.withdrawn = true
            $0.suspended = Suspension(reason: .postponed, wasOnSale: true)
        }
    }

    @Test func aListingOfABannedSellerStaysOffSale() {
        var decider = decider(copy(version: 2, days: 60), listings: [postponed()], seller: .banned)
        _ = follow(&decider)
        #expect(decider.listings[.n(1)]?.state.withdrawn == true && decider.listings[.n(1)]?.state.suspended == nil)
    }

    @Test func aListingBeyondTheLimitsOfANewSellerStaysOffSale() {
        for (others, isOnSale) in [(2, true), (3, false)] {
            var decider = decider(
                copy(version: 2, days: 60), listings: [postponed()],
                offers: SellerOffers(listings: others, units: others, hasSold: false))
            _ = follow(&decider)
            #expect(decider.listings[.n(1)]?.state.withdrawn == !isOnSale)
        }
    }

    @Test func aTakenDownListingStaysOffSaleAndIsPutBackAsItWas() {
        var decider = decider(copy(version: 2, days: 60), listings: [postponed()])
        _ = decider.send(.takeDownListing(TakeDownListing(ticketId: .n(1), reason: .other)), by: .operator)
        _ = follow(&decider)
        #expect(decider.listings[.n(1)]?.state.suspended == nil && decider.listings[.n(1)]?.state.withdrawn == true)
        _ = decider.send(.putBackListing(PutBackListing(ticketId: .n(1), sellerId: .n(90))), by: .operator)
        #expect(decider.listings[.n(1)]?.state.withdrawn == false)
    }

    @Test func aListingThatIsPutBackWhilePostponedStaysOffSaleUntilItHasADate() {
        let down = listing(copy()) {
            $0.withdrawn = true
            $0.takenDown = TakeDown(reason: .other, note: nil, wasOnSale: true)
        }
        var decider = decider(copy(.postponed, version: 2), listings: [down])
        _ = follow(&decider)
        _ = decider.send(.putBackListing(PutBackListing(ticketId: .n(1), sellerId: .n(90))), by: .operator)
        #expect(decider.listings[.n(1)]?.state.withdrawn == true)
        _ = decider.receive(.performance(copy(version: 3)))
        _ = follow(&decider)
        #expect(decider.listings[.n(1)]?.state.withdrawn == false)
    }

    @Test func theShowOfAListingWithAPerformanceCannotBeChanged() throws {
        var decider = decider(copy(), listings: [listing(copy())])
        let refusal = try #require(decider.send(change(.n(1)) { $0.title = "Another" }).refusal)
        #expect(refusal.code == .conflict)
        let elsewhere = change(.n(1)) { $0.details.startsAt = Fixture.now + .seconds(9 * 86_400) }
        #expect(decider.send(elsewhere).refusal?.code == .conflict)
        #expect(decider.send(change(.n(1)) { $0.title = "Show 1" }).isDone)
        #expect(decider.send(change(.n(1)) { $0.details.section = "B" }).isDone)
    }
}
