import Testing

@testable import Marketplace

@Suite struct CancelOrderTests {
    private let cancel = OrdersCommand.cancelOrder(CancelOrder(orderId: .n(7)))

    @Test func cancellingAnUnpaidOrderReleasesItsUnits() throws {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)])
        let later = Fixture.now + .seconds(60)
        let decision = decider.send(cancel, at: later)
        var expected = Fixture.order(7, status: .cancelled, reason: .cancelledByBuyer, version: 2)
        expected.updatedAt = later
        #expect(decider.orders[.n(7)] == expected)
        #expect(decision.reply(as: OrderRepresentation.self) == OrderRepresentation(expected))
        #expect(decision.events.map(\.type) == [.orderCancelled] && decision.events.map(\.version) == [2])
        #expect(
            decider.units.releasedOrders == [.n(7)] && decider.releasedUnits == [1, 2] && decider.allocatedUnits.isEmpty
        )
        #expect(decider.listings[.n(1)]?.held == 0 && decider.listings[.n(1)]?.nextUnit == 3)
        #expect(decider.updatedOrders == [.n(7)] && decider.updatedListings == [.n(1)])
    }

    @Test func cancellingACancelledOrderReturnsIt() throws {
        let closed = Fixture.order(7, status: .cancelled, reason: .expired, version: 2)
        var decider = OrdersDecider.of(orders: [closed])
        let decision = decider.send(cancel)
        #expect(decision.reply(as: OrderRepresentation.self) == OrderRepresentation(closed))
        #expect(decision.events.isEmpty && decider.isUnchanged)
    }

    @Test(arguments: [OrderState.Status.confirmed, .complete, .refunded])
    func paidOrdersCannotBeCancelled(status: OrderState.Status) {
        var decider = OrdersDecider.of(orders: [Fixture.order(7, status: status, attempt: 1, version: 3)])
        #expect(decider.send(cancel).refusal?.code == .notCancellable)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: OrderState.Status.allCases) func onlyTheBuyerMayCancelAnOrder(status: OrderState.Status) {
        for actor in [Actor.user(.n(2)), .user(.n(90)), .nobody, .operator, .stripe] {
            var decider = OrdersDecider.of(orders: [Fixture.order(7, status: status)])
            #expect(decider.send(cancel, by: actor).refusal?.code == .forbidden)
            #expect(decider.isUnchanged)
        }
    }

    @Test func unknownOrdersAreNotFound() {
        var decider = OrdersDecider.of()
        #expect(decider.send(cancel).refusal?.code == .notFound)
        #expect(decider.isUnchanged)
    }

    @Test func bannedBuyersMayCancel() {
        var decider = OrdersDecider.of(orders: [Fixture.order(7)], buyer: .banned)
        #expect(decider.send(cancel).isDone)
    }

    @Test func creatingAndCancellingInOneBatchLeavesTheUnitFree() {
        var decider = OrdersDecider.of()
        #expect(decider.send(.create(1), id: 7).isDone)
        #expect(decider.send(cancel).events.map(\.version) == [2])
        #expect(decider.insertedOrders == [.n(7)] && decider.updatedOrders.isEmpty)
        #expect(
            decider.allocatedUnits.isEmpty && decider.units.releasedOrders.isEmpty && decider.takenFreeUnits.isEmpty)
        #expect(
            decider.releasedUnits == [1] && decider.listings[.n(1)]?.held == 0 && decider.listings[.n(1)]?.nextUnit == 2
        )
    }

    @Test func releasedUnitsAreAllocatedInTheSameBatch() {
        var decider = OrdersDecider.of(orders: [Fixture.order(7, quantity: 3)])
        #expect(decider.send(.create(2), id: 50).refusal?.code == .soldOut)
        #expect(decider.send(cancel).isDone)
        #expect(decider.send(.create(2), id: 51).isDone)
        #expect(
            decider.units.releasedOrders == [.n(7)] && decider.allocatedUnits == [1, 2] && decider.releasedUnits == [3]
                && decider.takenFreeUnits.isEmpty)
        #expect(decider.listings[.n(1)]?.held == 2 && decider.listings[.n(1)]?.nextUnit == 4)
    }

    @Test func allocatingAndReleasingInOneBatchWritesNothing() {
        var decider = OrdersDecider.of(free: [1])
        #expect(decider.send(.create(1), id: 7).isDone)
        #expect(decider.send(cancel).isDone)
        #expect(
            decider.takenFreeUnits.isEmpty && decider.releasedUnits.isEmpty && decider.allocatedUnits.isEmpty
                && decider.units.releasedOrders.isEmpty)
        #expect(decider.listings[.n(1)]?.nextUnit == 2 && decider.listings[.n(1)]?.held == 0)
    }

    /// An order is never cancelled without releasing its units. If that is impossible, the message is deferred.
    @Test func ordersAreNotCancelledWithoutTheirListing() {
        let held = Fixture.order(7)
        let banned = UserState(id: held.userId, status: .banned, role: .member, version: 4)
        let failed = PaymentEvent.of(.failed, Fixture.order(7, status: .confirmed, attempt: 1))
        var decider = OrdersDecider.of(listing: nil, orders: [held])
        #expect(decider.send(cancel).isDeferred)
        let expiry = PreviousBuildExpiry(orderId: held.id, expiresAt: held.expiresAt)
        #expect(decider.receive(.expired(expiry), at: held.expiresAt).isDeferred)
        #expect(decider.isUnchanged)
        #expect(decider.receive(.user(banned)).isSilent)
        #expect(decider.receive(.endHolds(WorkSlice(Work(.endHolds, held.userId.uuid)))).isDeferred)
        #expect(decider.updatedOrders.isEmpty && decider.work.ended.isEmpty)

        var claimed = OrdersDecider.of(
            listing: nil, orders: [Fixture.order(7, status: .confirmed, attempt: 1, version: 2)])
        #expect(claimed.receive(.payment(failed)).isDeferred)
        #expect(claimed.isUnchanged)
    }
}
