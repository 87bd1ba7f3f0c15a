import Testing

@testable import Marketplace

@Suite struct CreateListingTests {
    private func create(
        title: String = "Row 7", price: Int64 = 2500, quantity: Int = 3,
        details: ShowDetails = ShowDetails(), userVersion: Int64 = 3
    ) -> ListingsCommand {
        .createListing(
            CreateListing(
                title: title, price: price, currency: .usd, quantity: quantity, details: details,
                userVersion: userVersion))
    }

    @Test func creationUsesTheCommandsId() throws {
        var decider = ListingsDecider.of()
        let decision = decider.send(create())
        let listing = try #require(decider.listings[.n(50)])
        #expect(listing == .sample(Fixture.listing(50)))
        #expect(decision.reply(as: ListingRepresentation.self) == listing.representation)
        #expect(decision.events.map(\.type) == [.ticketCreated] && decision.events.map(\.version) == [1])
        #expect(decision.events.map(\.subject) == [ListingID.n(50).description])
        #expect(decider.insertedListings == [.n(50)] && decider.updatedListings.isEmpty)
    }

    @Test(arguments: [Actor.nobody, .operator, .stripe])
    func onlyUsersMaySell(actor: Actor) {
        var decider = ListingsDecider.of()
        #expect(decider.send(create(), by: actor).refusal?.code == .forbidden)
        #expect(decider.isUnchanged)
    }

    @Test func commandsAreDeferredWhileTheSellersCopyIsBehind() {
        var behind = ListingsDecider.of()
        #expect(behind.send(create(userVersion: 4)).isDeferred && behind.isUnchanged)
        var without = ListingsDecider.of(seller: nil)
        #expect(without.send(create(userVersion: 0)).isDeferred && without.isUnchanged)
    }

    @Test func newerCopiesAreAccepted() {
        var decider = ListingsDecider.of()
        #expect(decider.send(create(userVersion: 1)).isDone)
    }

    @Test func bannedSellersCannotCreateListings() {
        var decider = ListingsDecider.of(seller: .banned)
        #expect(decider.send(create()).refusal?.code == .banned)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [("USD", 49), ("GBP", 29), ("SEK", 200), ("ISK", 950_050), ("KWD", 12_345)] as [(String, Int64)])
    func pricesThatCannotBeChargedAreRefused(code: String, price: Int64) throws {
        var decider = ListingsDecider.of()
        let create = CreateListing(
            title: "Row 7", price: price, currency: try #require(Currency(rawValue: code)), quantity: 1, userVersion: 3)
        let decision = decider.decide(
            .command(Fixture.head(50, by: .user(.n(90))), .createListing(create)), now: Fixture.now)
        #expect(decision.refusal?.code == .invalid && decision.refusal?.field == "price")
        #expect(decider.isUnchanged)
    }

    @Test(arguments: titles) func titlesAreOneLineOf1To200Characters(title: String, isTitle: Bool) {
        var decider = ListingsDecider.of()
        let decision = decider.send(create(title: title))
        #expect(decision.isDone == isTitle)
        if !isTitle {
            #expect(decision.refusal?.code == .invalid && decision.refusal?.field == "title")
            #expect(decider.isUnchanged)
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 100_000_000, .max]) func pricesOutsideTheLimitsAreRefused(price: Int64) {
        var decider = ListingsDecider.of()
        let refusal = decider.send(create(price: price)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == "price")
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [Int.min, -1, 0, 1_000_001, .max]) func quantitiesOutsideTheLimitsAreRefused(quantity: Int) {
        var decider = ListingsDecider.of()
        let refusal = decider.send(create(quantity: quantity)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == "quantity")
        #expect(decider.isUnchanged)
    }

    @Test func limitsAreAllowed() {
        for (price, quantity) in [(50, 1), (Currency.usd.facts.maximum, ListingState.quantityLimit)] {
            var decider = ListingsDecider.of()
            #expect(decider.send(create(price: price, quantity: quantity)).isDone)
        }
    }

    @Test func detailsAreKept() {
        var decider = ListingsDecider.of()
        #expect(decider.send(create(details: Fixture.show)).isDone)
        #expect(decider.listings[.n(50)]?.state.details == Fixture.show)
    }

    @Test(arguments: ShowDetailsCases.invalid) func detailsAreWithinTheirLimits(details: ShowDetails, field: String) {
        var decider = ListingsDecider.of()
        let refusal = decider.send(create(details: details)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == field && decider.isUnchanged)
    }

    @Test(arguments: ShowDetailsCases.valid) func detailsAtTheirLimitsAreAllowed(details: ShowDetails) {
        var decider = ListingsDecider.of()
        #expect(decider.send(create(details: details)).isDone)
    }

    @Test(arguments: [(-1, false), (0, false), (1, true)] as [(Int64, Bool)])
    func showsMustStartLater(milliseconds: Int64, isListed: Bool) {
        var decider = ListingsDecider.of()
        let details = ShowDetails(startsAt: Fixture.now + .milliseconds(milliseconds), timeZone: "UTC")
        let decision = decider.send(create(details: details))
        #expect(decision.isDone == isListed)
        #expect(decision.refusal?.field == (isListed ? nil : "startsAt"))
    }

    @Test func reusedKeysAreRefused() {
        var decider = ListingsDecider.of(.sample(Fixture.listing(50)))
        #expect(decider.send(create(title: "Row 8")).refusal?.code == .keyReused)
        #expect(decider.isUnchanged)
    }
}
