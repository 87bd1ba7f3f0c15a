import Testing

@testable import Marketplace

/// The limits on a seller's listings before the first sale.
@Suite struct NewSellerLimitsTests {
    private func decider(
        _ limits: NewSellerLimits, _ offers: SellerOffers, listings: [Listing] = []
    ) -> ListingsDecider {
        ListingsDecider(
            users: [UserCopy(id: .n(90), status: .active, version: 3)], listings: listings, orders: [],
            offers: [.n(90): offers], limits: limits)
    }

    private func create(_ quantity: Int, _ id: UInt64, on decider: inout ListingsDecider) -> Decision {
        let create = CreateListing(title: "Row 7", price: 2500, currency: .usd, quantity: quantity, userVersion: 3)
        return decider.decide(
            .command(Fixture.head(id, by: .user(.n(90))), .createListing(create)), now: Fixture.now)
    }

    private func change(_ change: ChangeListing, on decider: inout ListingsDecider) -> Decision {
        decider.send(.changeListing(change))
    }

    @Test func theDefaultsAreTenListingsOfAHundredUnits() {
        #expect(NewSellerLimits().listings == 10 && NewSellerLimits().units == 100)
    }

    @Test func listingsOnSaleOfANewSellerAreLimited() throws {
        var decider = decider(NewSellerLimits(listings: 3, units: nil), SellerOffers(listings: 1, units: 7))
        #expect(create(1, 50, on: &decider).isDone && create(1_000_000, 51, on: &decider).isDone)
        let refusal = try #require(create(1, 52, on: &decider).refusal)
        #expect(refusal.code == .newSellerLimit && refusal.message.contains("3 listings on sale"))
        #expect(decider.insertedListings == [.n(50), .n(51)])

        #expect(change(ChangeListing(ticketId: .n(50), withdrawn: true, userVersion: 3), on: &decider).isDone)
        #expect(create(1, 53, on: &decider).isDone)
        let back = ChangeListing(ticketId: .n(50), withdrawn: false, userVersion: 3)
        #expect(change(back, on: &decider).refusal?.code == .newSellerLimit)
    }

    /// Listings that are withdrawn, or wait for the approval of an event, are stored for ever too.
    @Test func allListingsThatANewSellerCreatesAreLimited() throws {
        var decider = decider(NewSellerLimits(listings: 3, units: nil), SellerOffers(created: 14))
        #expect(create(1, 50, on: &decider).isDone)
        #expect(change(ChangeListing(ticketId: .n(50), withdrawn: true, userVersion: 3), on: &decider).isDone)
        let refusal = try #require(create(1, 51, on: &decider).refusal)
        #expect(refusal.code == .newSellerLimit && refusal.message.contains("at most 15 listings"))
        #expect(change(ChangeListing(ticketId: .n(50), withdrawn: false, userVersion: 3), on: &decider).isDone)
        var sold = self.decider(NewSellerLimits(listings: 3, units: nil), SellerOffers(created: 15, hasSold: true))
        #expect(create(1, 50, on: &sold).isDone)
    }

    @Test func unitsOnSaleOfANewSellerAreLimited() throws {
        var decider = decider(NewSellerLimits(listings: 10, units: 100), SellerOffers(listings: 1, units: 60))
        let refusal = try #require(create(41, 50, on: &decider).refusal)
        #expect(refusal.code == .newSellerLimit && refusal.field == "quantity")
        #expect(
            refusal.message
                == "Until your first sale, you can offer at most 100 tickets, and your other listings offer 60 of them."
        )
        #expect(create(30, 51, on: &decider).isDone)
        let moreUnits = ChangeListing(ticketId: .n(51), quantity: 41, userVersion: 3)
        let more = try #require(change(moreUnits, on: &decider).refusal)
        #expect(more.message.contains("your other listings offer 60"))
        #expect(change(ChangeListing(ticketId: .n(51), quantity: 40, userVersion: 3), on: &decider).isDone)
        #expect(create(1, 52, on: &decider).refusal?.code == .newSellerLimit)
    }

    /// A seller may exceed the limits after they were lowered, or after a refund of the only sale.
    @Test func aSellerAboveTheLimitsCanStillOfferLess() {
        let listing = Listing.sample(Fixture.listing(quantity: 500))
        var decider = decider(NewSellerLimits(), SellerOffers(listings: 30, units: 900), listings: [listing])
        let fewer = ChangeListing(ticketId: .n(1), price: 3000, quantity: 499, userVersion: 3)
        #expect(change(fewer, on: &decider).isDone)
        let more = ChangeListing(ticketId: .n(1), quantity: 500, userVersion: 3)
        #expect(change(more, on: &decider).refusal?.code == .newSellerLimit)
        #expect(change(ChangeListing(ticketId: .n(1), withdrawn: true, userVersion: 3), on: &decider).isDone)
    }

    @Test func theFirstSaleEndsTheLimits() {
        var decider = decider(NewSellerLimits(), SellerOffers(listings: 10, units: 100, hasSold: true))
        #expect(create(1000, 50, on: &decider).isDone)
    }
}
