import Testing

@testable import Marketplace

/// The orders service's handling of user, listing and expiry events.
@Suite struct OrdersEventTests {
    // MARK: Expiries

    private let expiry = OrdersEvent.expired(PreviousBuildExpiry(orderId: .n(7), expiresAt: Fixture.order().expiresAt))

    @Test(arguments: [0, 1, 3_600_000] as [Int64]) func expiredHoldsAreCancelled(late: Int64) {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)])
        let decision = decider.receive(expiry, at: Fixture.order().expiresAt + .milliseconds(late))
        #expect(decision.events.map(\.type) == [.orderCancelled] && decision.events.map(\.version) == [2])
        #expect(decider.orders[.n(7)]?.status == .cancelled && decider.orders[.n(7)]?.reason == .expired)
        #expect(decider.releasedUnits == [1, 2] && decider.listings[.n(1)]?.held == 0)
    }

    @Test(arguments: [1, 5000] as [Int64]) func slightlyEarlyExpiriesAreDeferred(early: Int64) {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)])
        #expect(decider.receive(expiry, at: Fixture.order().expiresAt - .milliseconds(early)).isDeferred)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [5001, 900_000] as [Int64]) func farTooEarlyExpiriesAreIgnored(early: Int64) {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)])
        #expect(decider.receive(expiry, at: Fixture.order().expiresAt - .milliseconds(early)).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test func theTimeInTheEventIsIgnored() {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)])
        let lie = PreviousBuildExpiry(orderId: .n(7), expiresAt: Fixture.now - .seconds(60))
        #expect(decider.receive(.expired(lie)).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [OrderState.Status.confirmed, .complete, .cancelled, .refunded])
    func onlyUnpaidOrdersExpire(status: OrderState.Status) {
        var decider = OrdersDecider.of(orders: [Fixture.order(7, status: status, attempt: 1, version: 3)])
        #expect(decider.receive(expiry, at: Fixture.now + .seconds(9999)).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test func expiriesOfUnknownOrdersAreIgnored() {
        var decider = OrdersDecider.of()
        #expect(decider.receive(expiry, at: Fixture.now + .seconds(9999)).isSilent)
        #expect(decider.isUnchanged)
    }

    // MARK: Users

    private let endHolds = WorkSlice(Work(.endHolds, UserID.n(1).uuid))

    private func user(_ status: UserState.Status, version: Int64) -> OrdersEvent {
        .user(UserState(id: .n(1), status: status, role: .member, version: version))
    }

    @Test func newUsersAreCopied() {
        var decider = OrdersDecider.of(buyer: nil)
        #expect(decider.receive(user(.active, version: 1)).isSilent)
        #expect(decider.users[.n(1)] == UserCopy(id: .n(1), status: .active, version: 1))
        #expect(decider.upsertedUsers == [.n(1)])
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func userCopiesChangeOnlyForNewerVersions(version: Int64) {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)])
        #expect(decider.receive(user(.banned, version: version)).isSilent)
        #expect(decider.users[.n(1)]?.status == .active && decider.isUnchanged)
    }

    @Test func aBanCancelsOnlyTheBuyersUnpaidOrders() {
        var decider = OrdersDecider.of(
            listing: .sample(Fixture.listing(quantity: 9, version: 3)),
            orders: [
                Fixture.order(9, quantity: 1), Fixture.order(8, quantity: 1),
                Fixture.order(10, quantity: 1, status: .confirmed, attempt: 1),
                Fixture.order(11, quantity: 1, status: .complete, attempt: 1), Fixture.order(12, buyer: 2, quantity: 1),
            ])
        #expect(decider.receive(user(.banned, version: 4)).isSilent)
        #expect(decider.work.started == [endHolds.work] && decider.updatedOrders.isEmpty)
        let decision = decider.receive(.endHolds(endHolds))
        #expect(decision.events.map(\.type) == [.orderCancelled, .orderCancelled])
        #expect(decision.events.map(\.subject) == [OrderID.n(8).description, OrderID.n(9).description])
        #expect(decider.orders[.n(8)]?.reason == .buyerBanned && decider.updatedOrders == [.n(8), .n(9)])
        #expect(
            decider.units.releasedOrders == [.n(8), .n(9)] && decider.releasedUnits == [1, 2]
                && decider.listings[.n(1)]?.held == 3)
        #expect(decider.users[.n(1)]?.status == .banned && decider.upsertedUsers == [.n(1)])
        #expect(decider.work.ended.isEmpty)
    }

    @Test func aBanAppliesToTheRestOfTheBatch() {
        var decider = OrdersDecider.of()
        #expect(decider.send(.create(), id: 7).isDone)
        #expect(decider.receive(user(.banned, version: 4)).isSilent)
        #expect(decider.insertedOrders == [.n(7)] && decider.work.started == [endHolds.work])
        #expect(decider.send(.create(userVersion: 3), id: 8).refusal?.code == .banned)
    }

    @Test func aSliceThatFindsNoOrderEndsTheWork() {
        var decider = OrdersDecider.of(buyer: .banned)
        #expect(decider.receive(.endHolds(endHolds)).isSilent)
        #expect(decider.work.ended == [endHolds.work])
    }

    @Test func aSliceAfterTheBanIsLiftedEndsTheWorkAndNoHold() {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)], buyer: .active)
        #expect(decider.receive(.endHolds(endHolds)).isSilent)
        #expect(decider.work.ended == [endHolds.work] && decider.isUnchanged)
    }

    /// Orders that were left out are still unpaid.
    @Test func aSliceThatLeavesOrdersOutDoesNotEndTheWork() {
        var decider = OrdersDecider.of(buyer: .banned)
        var slice = endHolds
        slice.skipped = 1
        #expect(decider.receive(.endHolds(slice)).isSilent)
        #expect(decider.work.ended.isEmpty)
    }

    @Test func aBannedSellersListingTakesNoOrderBeforeItIsWithdrawn() {
        var decider = OrdersDecider.of()
        let ban = UserState(id: .n(90), status: .banned, role: .member, version: 1)
        #expect(decider.receive(.user(ban)).isSilent)
        #expect(decider.send(.create()).refusal?.code == .withdrawn)
    }

    @Test func unbanningRestoresNoOrder() {
        let closed = Fixture.order(7, status: .cancelled, reason: .buyerBanned, version: 2)
        var decider = OrdersDecider.of(orders: [closed], buyer: .banned)
        #expect(decider.receive(user(.active, version: 4)).isSilent)
        #expect(decider.orders[.n(7)] == closed && decider.users[.n(1)]?.status == .active)
    }

    // MARK: Listings

    @Test func newListingsAreCopied() {
        var decider = OrdersDecider.of(listing: nil)
        #expect(decider.receive(.listing(Fixture.listing(version: 2))).isSilent)
        #expect(decider.listings[.n(1)] == .sample(Fixture.listing(version: 2)))
        #expect(
            decider.listings[.n(1)]?.held == 0 && decider.listings[.n(1)]?.nextUnit == 1
                && decider.insertedListings == [.n(1)])
    }

    @Test func newerVersionsChangeTheFactsAndKeepTheCounters() throws {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)], free: [3])
        let changed = Fixture.listing(
            price: 9, currency: try #require(Currency(rawValue: "EUR")), quantity: 1, withdrawn: true, version: 4)
        #expect(decider.receive(.listing(changed)).isSilent)
        var expected = ListingCopy.sample(changed)
        expected.held = 2
        expected.nextUnit = 4
        #expect(
            decider.listings[.n(1)] == expected && decider.updatedListings == [.n(1)]
                && decider.insertedListings.isEmpty)
        #expect(
            decider.orders[.n(7)] == Fixture.order(7) && decider.allocatedUnits.isEmpty
                && decider.units.releasedOrders.isEmpty)
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func listingCopiesChangeOnlyForNewerVersions(version: Int64) {
        var decider = OrdersDecider.of()
        #expect(decider.receive(.listing(Fixture.listing(price: 1, withdrawn: true, version: version))).isSilent)
        #expect(decider.isUnchanged && decider.listings[.n(1)] == .sample())
    }

    @Test(arguments: [(Int.min, 0), (-1, 0), (1_000_001, 1_000_000), (.max, 1_000_000)])
    func quantitiesInEventsAreClamped(quantity: Int, offered: Int) {
        var decider = OrdersDecider.of(listing: nil)
        #expect(decider.receive(.listing(Fixture.listing(quantity: quantity, version: 1))).isSilent)
        #expect(decider.listings[.n(1)]?.offered == offered)
        #expect(decider.receive(.listing(Fixture.listing(quantity: quantity, version: 2))).isSilent)
        #expect(decider.listings[.n(1)]?.offered == offered)
    }
}
