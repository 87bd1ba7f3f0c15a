import Testing

@testable import Marketplace

/// Prices of listings. Fees are decided when the price is set. Caps are checked at that time too, and also when a
/// listing goes back on sale or a policy changes.
@Suite struct ListingPricingTests {
    private static let fee = FeeRule.sample(buyerBp: 500, buyerFixed: 50, sellerBp: 250)
    private static let performance = PerformanceCopy(
        Fixture.performance(1, at: Fixture.now + .seconds(30 * 86_400)).state)

    private func decider(
        _ listings: Listing..., book: PricingBook = .of(Self.fee, policies: [.sample("GB")]),
        performance: PerformanceCopy? = Self.performance
    ) -> ListingsDecider {
        ListingsDecider(
            users: [UserCopy(id: .n(90), status: .active, version: 3)], listings: listings, orders: [],
            performances: performance.map { [$0] } ?? [], pricing: book)
    }

    /// A policy of the fixture's country.
    private func policy(capBp: Int = 10_000, _ status: PricePolicy.Status = .inForce) -> PricePolicy {
        .sample(Self.performance.country, status, capBp: capBp)
    }

    private func create(
        price: Int64 = 4_500, face: Int64? = nil, faceCurrency: Currency? = nil, named: Bool = true
    ) -> ListingsCommand {
        .createListing(
            CreateListing(
                title: "Row 7", price: price, currency: .usd, faceValue: face, faceCurrency: faceCurrency, quantity: 3,
                performanceId: named ? Self.performance.id : nil, performanceVersion: nil, userVersion: 3))
    }

    private func change(_ body: (inout ChangeListing) -> Void) -> ListingsCommand {
        var change = ChangeListing(ticketId: .n(50), userVersion: 3)
        body(&change)
        return .changeListing(change)
    }

    private func state(_ decider: ListingsDecider) throws -> ListingState {
        try #require(decider.listings[.n(50)]?.state)
    }

    /// A stored listing of the performance.
    private func listing(
        price: Int64 = 4_500, _ pricing: UnitPricing? = nil, seen: Int64? = nil,
        _ body: (inout ListingState) -> Void = { _ in }
    ) -> Listing {
        var state = Fixture.listing(50, price: price)
        state.take(Self.performance)
        state.pricing = pricing
        body(&state)
        return Listing(state: state, held: 0, sold: 0, performanceVersion: 1, policySeen: seen)
    }

    // MARK: Fees

    @Test func aNewListingKeepsItsFeesAndTheRulesVersion() throws {
        var decider = decider()
        let decision = decider.send(create(face: 5_000))
        #expect(decision.isDone)
        let state = try state(decider)
        #expect(state.pricing == UnitPricing(buyerFee: 275, sellerFee: 113, feeVersion: 1, faceValue: 5_000))
        #expect(state.allIn == 4_775)
        let reply = try #require(decision.reply(as: ListingRepresentation.self))
        #expect(reply.allIn == 4_775 && reply.breakdown?.youGet == 4_387 && reply.faceValue == 5_000)
    }

    @Test func withoutRulesAListingIsAsBefore() throws {
        var decider = decider(book: PricingBook())
        _ = decider.send(create())
        #expect(try state(decider).pricing == nil)
        #expect(try Wire.text(try state(decider)).contains("pricing") == false)
    }

    @Test func aNewRuleAppliesWithTheNextPriceOnly() throws {
        let old = UnitPricing(buyerFee: 10, feeVersion: 9)
        var decider = decider(listing(old))
        _ = decider.send(change { $0.quantity = 2 })
        #expect(try state(decider).pricing == old)
        _ = decider.send(change { $0.price = 4_600 })
        #expect(try state(decider).pricing?.feeVersion == 1)
    }

    @Test func aFaceValueInAnotherCurrencyIsRefused() {
        var decider = decider()
        let decision = decider.send(create(face: 100, faceCurrency: Currency(rawValue: "EUR")))
        #expect(decision.refusal?.field == "faceCurrency" && decider.isUnchanged)
    }

    @Test func aNewCurrencyRemovesTheFaceValue() throws {
        var decider = decider(listing(UnitPricing(faceValue: 500)))
        _ = decider.send(change { $0.currency = Currency(rawValue: "EUR") })
        #expect(try state(decider).pricing?.faceValue == nil)
    }

    // MARK: Caps

    @Test func aPriceAboveTheCapIsRefusedAtCreationAndAtANewPrice() throws {
        var decider = decider(book: .of(policies: [policy()]))
        #expect(decider.send(create(price: 5_001, face: 5_000)).refusal?.code == .priceAboveCap)
        #expect(decider.isUnchanged)
        #expect(decider.send(create(price: 5_000, face: 5_000)).isDone)
        #expect(decider.send(change { $0.price = 5_001 }).refusal?.code == .priceAboveCap)
        #expect(try state(decider).price == 5_000)
        #expect(decider.send(change { $0.faceValue = 4_999 }).refusal?.code == .priceAboveCap)
    }

    @Test func aListingWithoutAPerformanceHasNoCap() {
        var decider = decider(book: .of(policies: [policy(), .sample("*")]))
        #expect(decider.send(create(price: 90_000, named: false)).isDone)
    }

    @Test func aWithdrawnListingAboveTheCapCannotGoBackOnSale() {
        var decider = decider(
            listing(price: 6_000, UnitPricing(faceValue: 5_000)) { $0.withdrawn = true },
            book: .of(policies: [policy()]))
        #expect(decider.send(change { $0.withdrawn = false }).refusal?.code == .priceAboveCap)
        #expect(
            decider.send(
                change {
                    $0.price = 5_000; $0.withdrawn = false
                }
            ).isDone)
    }

    @Test func aCopyOfThePerformanceThatIsMissingDefersANewPrice() {
        var decider = decider(listing(), performance: nil)
        #expect(decider.send(change { $0.price = 4_600 }).isDeferred)
    }

    // MARK: Changed policies

    private func check(_ decider: inout ListingsDecider) -> Decision {
        decider.receive(.checkPolicies(WorkSlice(.checkPolicies(in: Self.performance.country))))
    }

    private func apply(_ policies: PricePolicy..., by actor: Actor = .operator) -> Decision {
        var decider = decider(book: PricingBook())
        return decider.send(.applyPricing(ApplyPricing(fees: [], policies: policies)), by: actor)
    }

    @Test func onlyTheOperatorAppliesPolicies() {
        #expect(apply(policy()).isDone)
        #expect(apply(policy(), by: .user(.n(90))).refusal?.code == .forbidden)
        #expect(apply(policy(capBp: -1)).refusal?.message == "policies[0].capBp must be 0 to 100000")
    }

    @Test func aNewPolicyStartsTheCheckOfItsCountry() {
        var decider = decider(book: PricingBook())
        let command = ApplyPricing(fees: [], policies: [policy(), .sample("SE", .announced)])
        _ = decider.send(.applyPricing(command), by: .operator)
        #expect(decider.work.started.map(\.country) == [Self.performance.country])
        decider.work = WorkChanges()
        _ = decider.send(.applyPricing(ApplyPricing(fees: [], policies: [.sample("*")])), by: .operator)
        #expect(decider.work.started.count == Country.codes.count)
    }

    @Test func aListingAboveANewCapIsSuspendedAndOneBelowItStays() throws {
        let below = listing(price: 5_000, UnitPricing(faceValue: 5_000))
        for (listing, isAbove) in [(listing(price: 5_001, UnitPricing(faceValue: 5_000)), true), (below, false)] {
            var decider = decider(listing, book: .of(policies: [policy()]))
            let decision = check(&decider)
            let state = try state(decider)
            #expect(state.withdrawn == isAbove && (state.suspended?.reason == .policy) == isAbove)
            #expect(state.suspended?.wasOnSale == (isAbove ? true : nil))
            #expect(decision.events.count == (isAbove ? 1 : 0))
            #expect(decider.listings[.n(50)]?.policySeen == 1 && !decider.work.progressed.isEmpty)
            // The next slice finds nothing more.
            #expect(decider.work.ended.isEmpty)
            #expect(check(&decider).events.isEmpty && !decider.work.ended.isEmpty)
        }
    }

    @Test func aListingWithoutAFaceValueIsSuspendedByAPolicyThatNeedsOne() throws {
        var decider = decider(listing(), book: .of(policies: [policy()]))
        _ = check(&decider)
        #expect(try state(decider).suspended?.reason == .policy)
        #expect(decider.send(change { $0.withdrawn = false }).refusal?.field == "faceValue")
        #expect(decider.send(change { $0.faceValue = 4_500 }).isDone)
        #expect(try state(decider).suspended == nil)
        #expect(try !state(decider).withdrawn)
    }

    private func suspended(price: Int64 = 6_000) -> Listing {
        listing(price: price, UnitPricing(faceValue: 5_000), seen: 1) {
            $0.suspended = Suspension(reason: .policy, wasOnSale: true)
            $0.withdrawn = true
        }
    }

    @Test func aLowerPriceEndsTheSuspension() throws {
        var decider = decider(suspended(), book: .of(policies: [policy()]))
        #expect(decider.send(change { $0.price = 5_500 }).refusal?.code == .priceAboveCap)
        #expect(decider.send(change { $0.price = 5_000 }).isDone)
        #expect(try state(decider).suspended == nil)
        #expect(try !state(decider).withdrawn)
    }

    @Test func aSuspendedListingThatIsTakenDownStaysOffSale() throws {
        var listing = suspended()
        listing.state.takenDown = TakeDown(reason: .scam, note: nil, wasOnSale: true)
        var decider = decider(listing, book: .of(policies: [policy()]))
        #expect(decider.send(change { $0.price = 5_000 }).isDone)
        #expect(try state(decider).withdrawn)
    }

    @Test func aRepealedPolicyPutsListingsBackOnSale() throws {
        var decider = decider(suspended(), book: .of(policies: [policy(), policy(.repealed)]))
        #expect(check(&decider).events.count == 1)
        #expect(try state(decider).suspended == nil)
        #expect(try !state(decider).withdrawn)
    }

    @Test func aChangedPerformanceDoesNotEndTheSuspension() throws {
        var moved = Self.performance
        moved.version = 2
        moved.title = "New"
        var decider = decider(suspended(), book: .of(policies: [policy()]), performance: moved)
        let slice = WorkSlice(Work(.followPerformance, moved.id.uuid))
        _ = decider.receive(ListingsEvent.followPerformance(slice))
        #expect(try state(decider).title == "New")
        #expect(try state(decider).suspended?.reason == .policy)
    }

    @Test func aListingAboveTheCapIsNotPutBackByAnAdmin() throws {
        let listing = listing(price: 6_000, UnitPricing(faceValue: 5_000)) {
            $0.takenDown = TakeDown(reason: .scam, note: nil, wasOnSale: true)
            $0.withdrawn = true
        }
        var decider = decider(listing, book: .of(policies: [policy()]))
        let decision = decider.send(.putBackListing(PutBackListing(ticketId: .n(50), sellerId: .n(90))), by: .operator)
        #expect(decision.isDone)
        #expect(try state(decider).withdrawn)
        #expect(try state(decider).suspended == Suspension(reason: .policy, wasOnSale: true))
    }
}
