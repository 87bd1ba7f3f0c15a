import Testing

@testable import Marketplace

/// The listings service's handling of user and order events.
@Suite struct ListingsEventTests {
    private func user(_ status: UserState.Status, version: Int64) -> ListingsEvent {
        .user(UserState(id: .n(90), status: status, role: .member, version: version))
    }

    // MARK: Users

    private let withdrawal = WorkSlice(Work(.withdrawListings, UserID.n(90).uuid))

    @Test func newUsersAreCopied() {
        var decider = ListingsDecider.of(seller: nil)
        #expect(decider.receive(user(.active, version: 1)).isSilent)
        #expect(decider.users[.n(90)] == UserCopy(id: .n(90), status: .active, version: 1))
        #expect(decider.upsertedUsers == [.n(90)])
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func copiesChangeOnlyForNewerVersions(version: Int64) {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.receive(user(.banned, version: version)).isSilent)
        #expect(decider.users[.n(90)]?.status == .active && decider.isUnchanged)
    }

    @Test func aBanWithdrawsOnlyTheSellersListings() throws {
        var decider = ListingsDecider.of(
            .sample(Fixture.listing(2)), .sample(Fixture.listing(1, version: 7), held: 2, sold: 1),
            .sample(Fixture.listing(3, withdrawn: true)), .sample(Fixture.listing(4, seller: 91)))
        #expect(decider.receive(user(.banned, version: 4)).isSilent)
        #expect(decider.work.started == [withdrawal.work] && decider.updatedListings.isEmpty)
        let decision = decider.receive(.withdrawListings(withdrawal), at: Fixture.now + .seconds(1))
        #expect(decider.work.ended.isEmpty)
        #expect(decision.events.map(\.type) == [.ticketUpdated, .ticketUpdated])
        #expect(decision.events.map(\.subject) == [ListingID.n(1).description, ListingID.n(2).description])
        #expect(decision.events.map(\.version) == [8, 2])
        #expect(decider.updatedListings == [.n(1), .n(2)])
        let listing = try #require(decider.listings[.n(1)])
        #expect(listing.state.withdrawn && listing.held == 2 && listing.sold == 1)
        #expect(listing.state.updatedAt == Fixture.now + .seconds(1))
        #expect(decider.listings[.n(4)]?.state.withdrawn == false)
    }

    @Test func unbanningPutsNothingBackOnSale() {
        var decider = ListingsDecider.of(.sample(Fixture.listing(withdrawn: true)), seller: .banned)
        #expect(decider.receive(user(.active, version: 4)).isSilent)
        #expect(decider.listings[.n(1)]?.state.withdrawn == true && decider.updatedListings.isEmpty)
        #expect(decider.upsertedUsers == [.n(90)])
    }

    @Test func aBanAppliesToTheRestOfTheBatch() {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.receive(user(.banned, version: 4)).isSilent)
        let create = CreateListing(title: "Row 7", price: 100, currency: .usd, quantity: 1, userVersion: 3)
        #expect(decider.send(.createListing(create)).refusal?.code == .banned)
        let change = ChangeListing(ticketId: .n(1), withdrawn: false, userVersion: 3)
        #expect(decider.send(.changeListing(change)).refusal?.code == .banned)
    }

    @Test(arguments: [UserState.Status.banned, .active])
    func aSliceEndsTheWorkIfItFindsNoListingOrTheBanLifted(seller: UserState.Status) {
        var decider = ListingsDecider.of(seller: seller)
        if seller == .active { decider = .of(.sample()) }
        #expect(decider.receive(.withdrawListings(withdrawal)).isSilent)
        #expect(decider.work.ended == [withdrawal.work] && decider.isUnchanged)
    }

    // MARK: Orders

    /// The counts of an order of two units, by its status.
    private static let counts: [(OrderState.Status, held: Int, sold: Int)] = [
        (.awaitingPayment, 2, 0), (.confirmed, 2, 0), (.complete, 0, 2), (.refunded, 0, 2), (.cancelled, 0, 0),
    ]

    @Test(arguments: counts) func newOrdersAreCountedByTheirStatus(
        status: OrderState.Status, held: Int, sold: Int
    ) throws {
        var decider = ListingsDecider.of(.sample())
        #expect(decider.receive(.order(CountedOrder(Fixture.order(status: status, version: 3)))).isSilent)
        let listing = try #require(decider.listings[.n(1)])
        #expect(listing.held == held && listing.sold == sold)
        #expect(listing.state == Fixture.listing())
        #expect(decider.upsertedOrders == [.n(1)])
        #expect(decider.updatedListings == (held + sold > 0 ? [.n(1)] : []))
    }

    @Test func countsChangeOncePerVersion() throws {
        for old in Self.counts {
            for new in Self.counts {
                let known = CountedOrder(Fixture.order(status: old.0, version: 2))
                var decider = ListingsDecider.of(.sample(held: 5 + old.held, sold: 7 + old.sold), orders: [known])
                for _ in 1...2 {
                    #expect(decider.receive(.order(CountedOrder(Fixture.order(status: new.0, version: 3)))).isSilent)
                }
                let listing = try #require(decider.listings[.n(1)])
                #expect(listing.held == 5 + new.held && listing.sold == 7 + new.sold)
                #expect(decider.orders[.n(1)]?.version == 3 && decider.orders[.n(1)]?.status == new.0)
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func olderAndRepeatedVersionsCountNothing(version: Int64) {
        let known = CountedOrder(Fixture.order(status: .cancelled, version: 3))
        var decider = ListingsDecider.of(.sample(), orders: [known])
        #expect(
            decider.receive(.order(CountedOrder(Fixture.order(status: .awaitingPayment, version: version)))).isSilent)
        #expect(decider.isUnchanged && decider.listings[.n(1)] == .sample())
    }

    @Test(arguments: [Int.min, -1, 101, .max]) func quantitiesInEventsAreClamped(quantity: Int) throws {
        var decider = ListingsDecider.of(.sample(held: 1))
        for id in 1...3 as ClosedRange<UInt64> {
            var order = Fixture.order(id)
            order.quantity = quantity
            #expect(decider.receive(.order(CountedOrder(order))).isSilent)
        }
        #expect(try #require(decider.listings[.n(1)]).held == (quantity < 0 ? 1 : 301))
    }

    @Test func ordersOfUnknownListingsAreCopiedOnly() {
        var decider = ListingsDecider.of()
        #expect(decider.receive(.order(CountedOrder(Fixture.order()))).isSilent)
        #expect(decider.upsertedOrders == [.n(1)] && decider.updatedListings.isEmpty)
    }

    // MARK: Availability

    @Test(
        arguments: [
            (3, false, 0, 0, 3), (3, false, 1, 1, 1), (3, false, 1, 2, 0), (3, false, 5, 2, 0), (3, true, 0, 0, 0),
        ] as [(Int, Bool, Int, Int, Int)])
    func availabilityExcludesTakenAndWithdrawnUnits(
        quantity: Int, withdrawn: Bool, held: Int, sold: Int, available: Int
    ) {
        let listing = Listing.sample(
            Fixture.listing(quantity: quantity, withdrawn: withdrawn), held: held, sold: sold)
        #expect(listing.representation.available == available)
    }
}
