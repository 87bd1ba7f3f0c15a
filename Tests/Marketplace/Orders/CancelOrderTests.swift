import Testing

@testable import Marketplace

@Suite struct CancelOrderTests {
    private let cancel = OrdersCommand.cancelOrder(CancelOrder(orderId: .n(7)))

    @Test func anUnpaidOrderIsCancelledAndItsUnitsAreFreeAgain() throws {
        var desk = OrdersDesk.of(orders: [Sample.order(7)])
        let later = Sample.now + .seconds(60)
        let decision = desk.ask(cancel, at: later)
        var expected = Sample.order(7, status: .cancelled, reason: .cancelledByBuyer, version: 2)
        expected.updatedAt = later
        #expect(desk.orders[.n(7)] == expected)
        #expect(decision.reply(as: OrderRepresentation.self) == OrderRepresentation(expected))
        #expect(decision.events.map(\.type) == [.orderCancelled] && decision.events.map(\.version) == [2])
        #expect(desk.units.removed == [.n(7)] && desk.returned == [1, 2] && desk.added.isEmpty)
        #expect(desk.offers[.n(1)]?.held == 0 && desk.offers[.n(1)]?.nextUnit == 3)
        #expect(desk.changedOrders == [.n(7)] && desk.changedOffers == [.n(1)])
    }

    @Test func whatIsCancelledAlreadyIsAnsweredAsItIs() throws {
        let dead = Sample.order(7, status: .cancelled, reason: .expired, version: 2)
        var desk = OrdersDesk.of(orders: [dead])
        let decision = desk.ask(cancel)
        #expect(decision.reply(as: OrderRepresentation.self) == OrderRepresentation(dead))
        #expect(decision.events.isEmpty && desk.isUnchanged)
    }

    @Test(arguments: [OrderState.Status.confirmed, .complete, .refunded])
    func whatIsPaidCantBeCancelled(status: OrderState.Status) {
        var desk = OrdersDesk.of(orders: [Sample.order(7, status: status, attempt: 1, version: 3)])
        #expect(desk.ask(cancel).refusal?.code == .notCancellable)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: OrderState.Status.allCases) func onlyItsBuyerMayCancelIt(status: OrderState.Status) {
        for actor in [Actor.user(.n(2)), .user(.n(90)), .nobody, .operator, .stripe] {
            var desk = OrdersDesk.of(orders: [Sample.order(7, status: status)])
            #expect(desk.ask(cancel, by: actor).refusal?.code == .forbidden)
            #expect(desk.isUnchanged)
        }
    }

    @Test func anOrderNobodyMadeIsNotFound() {
        var desk = OrdersDesk.of()
        #expect(desk.ask(cancel).refusal?.code == .notFound)
        #expect(desk.isUnchanged)
    }

    @Test func whoIsBannedMayStillCancel() {
        var desk = OrdersDesk.of(orders: [Sample.order(7)], buyer: .banned)
        #expect(desk.ask(cancel).isDone)
    }

    @Test func anOrderMadeAndCancelledInOneBatchLeavesItsUnitFree() {
        var desk = OrdersDesk.of()
        #expect(desk.ask(.create(1), id: 7).isDone)
        #expect(desk.ask(cancel).events.map(\.version) == [2])
        #expect(desk.newOrders == [.n(7)] && desk.changedOrders.isEmpty)
        #expect(desk.added.isEmpty && desk.units.removed.isEmpty && desk.taken.isEmpty)
        #expect(desk.returned == [1] && desk.offers[.n(1)]?.held == 0 && desk.offers[.n(1)]?.nextUnit == 2)
    }

    @Test func whatComesBackIsHandedOutInTheSameBatch() {
        var desk = OrdersDesk.of(orders: [Sample.order(7, quantity: 3)])
        #expect(desk.ask(.create(2), id: 50).refusal?.code == .soldOut)
        #expect(desk.ask(cancel).isDone)
        #expect(desk.ask(.create(2), id: 51).isDone)
        #expect(desk.units.removed == [.n(7)] && desk.added == [1, 2] && desk.returned == [3] && desk.taken.isEmpty)
        #expect(desk.offers[.n(1)]?.held == 2 && desk.offers[.n(1)]?.nextUnit == 4)
    }

    @Test func aFreeUnitTakenAndGivenBackInOneBatchStaysAsItWas() {
        var desk = OrdersDesk.of(free: [1])
        #expect(desk.ask(.create(1), id: 7).isDone)
        #expect(desk.ask(cancel).isDone)
        #expect(desk.taken.isEmpty && desk.returned.isEmpty && desk.added.isEmpty && desk.units.removed.isEmpty)
        #expect(desk.offers[.n(1)]?.nextUnit == 2 && desk.offers[.n(1)]?.held == 0)
    }

    /// No order ends without giving back what it held: where that can't be done, it is asked again.
    @Test func withoutItsTicketAnOrderDoesNotEnd() {
        let held = Sample.order(7)
        let banned = UserState(id: held.userId, status: .banned, role: .member, version: 4)
        let failed = PaymentEvent.of(.failed, Sample.order(7, status: .confirmed, attempt: 1))
        var desk = OrdersDesk.of(offer: nil, orders: [held])
        #expect(desk.ask(cancel).isPutOff)
        #expect(desk.tell(.user(banned)).isPutOff)
        let expiry = OrderExpiry(orderId: held.id, expiresAt: held.expiresAt)
        #expect(desk.tell(.expired(expiry), at: held.expiresAt).isPutOff)
        #expect(desk.isUnchanged)

        var claimed = OrdersDesk.of(offer: nil, orders: [Sample.order(7, status: .confirmed, attempt: 1, version: 2)])
        #expect(claimed.tell(.payment(failed)).isPutOff)
        #expect(claimed.isUnchanged)
    }
}
