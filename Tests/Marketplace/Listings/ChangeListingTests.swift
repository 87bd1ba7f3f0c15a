import Testing

@testable import Marketplace

@Suite struct ChangeListingTests {
    private func change(
        title: String? = nil, price: Int64? = nil, currency: Currency? = nil, quantity: Int? = nil,
        details: ShowDetails = ShowDetails(), withdrawn: Bool? = nil, ifVersion: Int64? = nil, userVersion: Int64 = 3
    ) -> ListingsCommand {
        .changeListing(
            ChangeListing(
                ticketId: .n(1), title: title, price: price, currency: currency, quantity: quantity,
                details: details, withdrawn: withdrawn, ifVersion: ifVersion, userVersion: userVersion))
    }

    @Test func changesKeepTheUnnamedMembers() throws {
        var decider = ListingsDecider.of(.sample(held: 1, sold: 1))
        let later = Fixture.now + .seconds(60)
        let decision = decider.send(change(price: 3000), at: later)
        let listing = try #require(decider.listings[.n(1)])
        var expected = Listing.sample(Fixture.listing(price: 3000, version: 2), held: 1, sold: 1)
        expected.state.updatedAt = later
        #expect(listing == expected)
        #expect(decision.reply(as: ListingRepresentation.self) == listing.representation)
        #expect(decision.events.map(\.type) == [.ticketUpdated] && decision.events.map(\.version) == [2])
        #expect(decider.updatedListings == [.n(1)] && decider.insertedListings.isEmpty)
    }

    @Test func everyFactCanBeChanged() throws {
        var decider = ListingsDecider.of(.sample())
        let euro = try #require(Currency(rawValue: "EUR"))
        #expect(decider.send(change(title: "Row 8", currency: euro, quantity: 9, withdrawn: true)).isDone)
        let state = try #require(decider.listings[.n(1)]?.state)
        #expect(state.title == "Row 8" && state.currency == euro && state.quantity == 9 && state.withdrawn)
        #expect(decider.send(change(withdrawn: false)).isDone)
        #expect(decider.listings[.n(1)]?.state.withdrawn == false && decider.listings[.n(1)]?.state.version == 3)
    }

    @Test func onlyANewOfferIsWrittenWhole() {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.send(change(withdrawn: true)).isDone)
        #expect(decider.listingsWithNewFacts == [.n(1)] && decider.listingsWithNewOffers.isEmpty)
        #expect(decider.send(change(price: 3000)).isDone && decider.send(change(withdrawn: false)).isDone)
        #expect(decider.listingsWithNewOffers == [.n(1)])
    }

    @Test func changesWithoutEffectRaiseNoVersion() {
        var decider = ListingsDecider.of(.sample())
        for command in [change(), change(title: "Row 7", price: 2500, quantity: 3, withdrawn: false)] {
            let decision = decider.send(command, at: Fixture.now + .seconds(9))
            #expect(decision.isDone && decision.events.isEmpty)
        }
        #expect(decider.isUnchanged && decider.listings[.n(1)] == .sample())
    }

    @Test func unknownListingsAreNotFound() {
        var decider = ListingsDecider.of()
        #expect(decider.send(change(price: 100)).refusal?.code == .notFound)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [Actor.user(.n(91)), .nobody, .operator, .stripe])
    func onlyTheSellerMayChangeAListing(actor: Actor) {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.send(change(price: 100), by: actor).refusal?.code == .forbidden)
        #expect(decider.isUnchanged)
    }

    @Test func commandsAreDeferredWhileTheSellersCopyIsBehind() {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.send(change(price: 100, userVersion: 4)).isDeferred)
        #expect(decider.isUnchanged)
    }

    @Test func bannedSellersCannotChangeListings() {
        var decider = ListingsDecider.of(.sample(), seller: .banned)
        #expect(decider.send(change(withdrawn: false)).refusal?.code == .banned)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [(1, true), (2, true), (nil, true), (0, false), (3, false)] as [(Int64?, Bool)])
    func staleVersionsAreRefused(ifVersion: Int64?, isFresh: Bool) {
        var decider = ListingsDecider.of(.sample(Fixture.listing(version: ifVersion == 1 ? 1 : 2)))
        let decision = decider.send(change(price: 100, ifVersion: ifVersion))
        #expect(decision.isDone == isFresh)
        if !isFresh { #expect(decision.refusal?.code == .staleVersion && decider.isUnchanged) }
    }

    @Test(arguments: titles) func titlesAreOneLineOf1To200Characters(title: String, isTitle: Bool) {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.send(change(title: title)).refusal?.field == (isTitle ? nil : "title"))
    }

    @Test func numbersAreWithinTheirLimits() {
        var decider = ListingsDecider.of(.sample())
        for price in [Int64.min, 0, Currency.usd.facts.maximum + 1] {
            #expect(decider.send(change(price: price)).refusal?.field == "price")
        }
        for quantity in [Int.min, 0, ListingState.quantityLimit + 1] {
            #expect(decider.send(change(quantity: quantity)).refusal?.field == "quantity")
        }
        #expect(decider.isUnchanged)
    }

    @Test func theQuantityIsAtLeastWhatIsHeldAndSold() throws {
        var decider = ListingsDecider.of(.sample(held: 1, sold: 1))
        let refusal = try #require(decider.send(change(quantity: 1)).refusal)
        #expect(refusal.code == .conflict && refusal.field == "quantity")
        #expect(refusal.message == "2 tickets are held or sold: the quantity must be at least 2.")
        #expect(decider.isUnchanged)
        let reply = try #require(decider.send(change(quantity: 2)).reply(as: ListingRepresentation.self))
        #expect(reply.quantity == 2 && reply.available == 0)
        #expect(decider.listings[.n(1)]?.held == 1 && decider.listings[.n(1)]?.sold == 1)
    }

    /// Holds may be confirmed while the seller's change is in transit, and an older build accepted any quantity.
    @Test func aQuantityBelowWhatIsSoldNeverBlocksOtherChanges() {
        var decider = ListingsDecider.of(.sample(Fixture.listing(quantity: 1), held: 1, sold: 1))
        #expect(decider.send(change(price: 99)).isDone)
        #expect(decider.send(change(quantity: 2)).isDone)
    }

    // MARK: Prices

    @Test func aListingWithAPriceThatIsTooLowCanBeChangedAndWithdrawn() {
        var decider = ListingsDecider.of(.sample(Fixture.listing(price: 1)))
        let refusal = decider.send(change(price: 2)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == "price" && decider.isUnchanged)
        #expect(decider.send(change(currency: Currency(rawValue: "GBP"))).refusal?.field == "price")
        #expect(decider.send(change(quantity: 1)).isDone)
        #expect(decider.send(change(withdrawn: true)).isDone)
    }

    // MARK: Details

    @Test func detailsChangeOneByOne() throws {
        var decider = ListingsDecider.of(.sample(Fixture.listing(details: Fixture.show)))
        #expect(decider.send(change(details: ShowDetails(city: "Akureyri", section: "", row: "", note: ""))).isDone)
        let event = Fixture.show
        let left = ShowDetails(
            venue: event.venue, city: "Akureyri", startsAt: event.startsAt, timeZone: event.timeZone)
        #expect(decider.listings[.n(1)]?.state.details == left)
        #expect(decider.send(change(details: event)).isDone && decider.listings[.n(1)]?.state.details == event)
    }

    @Test(arguments: ShowDetailsCases.invalid) func detailsAreWithinTheirLimits(details: ShowDetails, field: String) {
        var decider = ListingsDecider.of(.sample())
        let refusal = decider.send(change(details: details)).refusal
        #expect(refusal?.code == .invalid && refusal?.field == field && decider.isUnchanged)
    }

    @Test func showsCannotMoveIntoThePast() throws {
        let start = try #require(Fixture.show.startsAt)
        var decider = ListingsDecider.of(.sample(Fixture.listing(details: Fixture.show)))
        #expect(decider.send(change(details: ShowDetails(startsAt: Fixture.now))).refusal?.field == "startsAt")
        #expect(decider.isUnchanged)
        #expect(decider.send(change(details: ShowDetails(startsAt: start + .seconds(60)))).isDone)
    }

    @Test func listingsWithTakenUnitsKeepTheirShow() throws {
        let start = try #require(Fixture.show.startsAt)
        let locked = [
            change(title: "Row 8"), change(details: ShowDetails(venue: "Hof")),
            change(details: ShowDetails(city: "Akureyri")),
            change(details: ShowDetails(startsAt: start + .seconds(60))),
            change(details: ShowDetails(timeZone: "Europe/Paris")), change(details: ShowDetails(section: "")),
            change(details: ShowDetails(row: "8")),
        ]
        let free = [
            change(price: 100), change(quantity: 9), change(withdrawn: true), change(details: ShowDetails(note: "Hi")),
            change(title: "Row 7", price: 200),
        ]
        for (held, sold) in [(1, 0), (0, 1)] {
            for command in locked {
                var decider = ListingsDecider.of(
                    .sample(Fixture.listing(details: Fixture.show), held: held, sold: sold))
                #expect(decider.send(command).refusal?.code == .conflict && decider.isUnchanged)
            }
            for command in free {
                var decider = ListingsDecider.of(
                    .sample(Fixture.listing(details: Fixture.show), held: held, sold: sold))
                #expect(decider.send(command).isDone && !decider.isUnchanged)
            }
        }
    }

    @Test func startedShowsCanOnlyBeWithdrawn() throws {
        let start = try #require(Fixture.show.startsAt)
        let listing = Listing.sample(Fixture.listing(details: Fixture.show))
        for command in [
            change(price: 100), change(details: ShowDetails(startsAt: start + .seconds(60))),
            change(price: 100, withdrawn: true),
        ] {
            var decider = ListingsDecider.of(listing)
            #expect(decider.send(command, at: start).refusal?.code == .conflict && decider.isUnchanged)
        }
        var decider = ListingsDecider.of(listing)
        #expect(decider.send(change(withdrawn: true), at: start).isDone)
        #expect(decider.send(change(withdrawn: true), at: start).events.isEmpty)
        #expect(decider.send(change(withdrawn: false), at: start).refusal?.code == .conflict)
    }

    @Test func creationAndChangeInOneBatchInsertOnly() {
        var decider = ListingsDecider.of()
        let create = CreateListing(title: "Row 7", price: 100, currency: .usd, quantity: 1, userVersion: 3)
        _ = decider.decide(.command(Fixture.head(1, by: .user(.n(90))), .createListing(create)), now: Fixture.now)
        #expect(decider.send(change(price: 200)).events.map(\.version) == [2])
        #expect(decider.insertedListings == [.n(1)] && decider.updatedListings.isEmpty)
    }
}
