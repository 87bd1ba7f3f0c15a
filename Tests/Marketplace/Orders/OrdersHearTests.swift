import Testing

@testable import Marketplace

/// What the orders service does with what users, tickets and the clock tell.
@Suite struct OrdersHearTests {
    // MARK: The clock

    private let expiry = OrdersEvent.expired(OrderExpiry(orderId: .n(7), expiresAt: Sample.order().expiresAt))

    @Test(arguments: [0, 1, 3_600_000] as [Int64]) func aHoldThatIsOverIsCancelled(late: Int64) {
        var desk = OrdersDesk.of(orders: [Sample.order(7)])
        let decision = desk.tell(expiry, at: Sample.order().expiresAt + .milliseconds(late))
        #expect(decision.events.map(\.type) == [.orderCancelled] && decision.events.map(\.version) == [2])
        #expect(desk.orders[.n(7)]?.status == .cancelled && desk.orders[.n(7)]?.reason == .expired)
        #expect(desk.returned == [1, 2] && desk.offers[.n(1)]?.held == 0)
    }

    @Test(arguments: [1, 5000] as [Int64]) func aClockALittleAheadIsAskedAgain(early: Int64) {
        var desk = OrdersDesk.of(orders: [Sample.order(7)])
        #expect(desk.tell(expiry, at: Sample.order().expiresAt - .milliseconds(early)).isPutOff)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [5001, 900_000] as [Int64]) func aClockFarAheadIsNotBelieved(early: Int64) {
        var desk = OrdersDesk.of(orders: [Sample.order(7)])
        #expect(desk.tell(expiry, at: Sample.order().expiresAt - .milliseconds(early)).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test func theTimeInTheEventDecidesNothing() {
        var desk = OrdersDesk.of(orders: [Sample.order(7)])
        let lie = OrderExpiry(orderId: .n(7), expiresAt: Sample.now - .seconds(60))
        #expect(desk.tell(.expired(lie)).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [OrderState.Status.confirmed, .complete, .cancelled, .refunded])
    func onlyWhatAwaitsPaymentExpires(status: OrderState.Status) {
        var desk = OrdersDesk.of(orders: [Sample.order(7, status: status, attempt: 1, version: 3)])
        #expect(desk.tell(expiry, at: Sample.now + .seconds(9999)).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test func anOrderNobodyMadeDoesNotExpire() {
        var desk = OrdersDesk.of()
        #expect(desk.tell(expiry, at: Sample.now + .seconds(9999)).isSilent)
        #expect(desk.isUnchanged)
    }

    // MARK: Users

    private func user(_ status: UserState.Status, version: Int64) -> OrdersEvent {
        .user(UserState(id: .n(1), status: status, role: .member, version: version))
    }

    @Test func aUserHeardOfFirstIsCopied() {
        var desk = OrdersDesk.of(buyer: nil)
        #expect(desk.tell(user(.active, version: 1)).isSilent)
        #expect(desk.users[.n(1)] == UserCopy(id: .n(1), status: .active, version: 1))
        #expect(desk.changedUsers == [.n(1)])
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func aUsersCopyChangesOnlyForALargerVersion(version: Int64) {
        var desk = OrdersDesk.of(orders: [Sample.order(7)])
        #expect(desk.tell(user(.banned, version: version)).isSilent)
        #expect(desk.users[.n(1)]?.status == .active && desk.isUnchanged)
    }

    @Test func aBanCancelsWhatTheBuyerHasNotPaidAndNothingElse() {
        var desk = OrdersDesk.of(
            offer: .sample(Sample.ticket(quantity: 9, version: 3)),
            orders: [
                Sample.order(9, quantity: 1), Sample.order(8, quantity: 1),
                Sample.order(10, quantity: 1, status: .confirmed, attempt: 1),
                Sample.order(11, quantity: 1, status: .complete, attempt: 1), Sample.order(12, buyer: 2, quantity: 1),
            ])
        let decision = desk.tell(user(.banned, version: 4))
        #expect(decision.events.map(\.type) == [.orderCancelled, .orderCancelled])
        #expect(decision.events.map(\.subject) == [OrderID.n(8).description, OrderID.n(9).description])
        #expect(desk.orders[.n(8)]?.reason == .buyerBanned && desk.changedOrders == [.n(8), .n(9)])
        #expect(desk.units.removed == [.n(8), .n(9)] && desk.returned == [1, 2] && desk.offers[.n(1)]?.held == 3)
        #expect(desk.users[.n(1)]?.status == .banned && desk.changedUsers == [.n(1)])
    }

    @Test func anOrderMadeEarlierInTheBatchIsCancelledByABanToo() {
        var desk = OrdersDesk.of()
        #expect(desk.ask(.create(), id: 7).isDone)
        #expect(desk.tell(user(.banned, version: 4)).events.map(\.version) == [2])
        #expect(desk.newOrders == [.n(7)] && desk.changedOrders.isEmpty && desk.added.isEmpty)
        #expect(desk.ask(.create(userVersion: 3), id: 8).refusal?.code == .banned)
    }

    @Test func liftingABanBringsNoOrderBack() {
        let dead = Sample.order(7, status: .cancelled, reason: .buyerBanned, version: 2)
        var desk = OrdersDesk.of(orders: [dead], buyer: .banned)
        #expect(desk.tell(user(.active, version: 4)).isSilent)
        #expect(desk.orders[.n(7)] == dead && desk.users[.n(1)]?.status == .active)
    }

    // MARK: Tickets

    @Test func aTicketHeardOfFirstIsOffered() {
        var desk = OrdersDesk.of(offer: nil)
        #expect(desk.tell(.ticket(Sample.ticket(version: 2))).isSilent)
        #expect(desk.offers[.n(1)] == .sample(Sample.ticket(version: 2)))
        #expect(desk.offers[.n(1)]?.held == 0 && desk.offers[.n(1)]?.nextUnit == 1 && desk.newOffers == [.n(1)])
    }

    @Test func aLargerVersionChangesTheFactsAndKeepsTheCounters() throws {
        var desk = OrdersDesk.of(orders: [Sample.order(7)], free: [3])
        let changed = Sample.ticket(
            price: 9, currency: try #require(Currency(rawValue: "EUR")), quantity: 1, withdrawn: true, version: 4)
        #expect(desk.tell(.ticket(changed)).isSilent)
        var expected = TicketOffer.sample(changed)
        expected.held = 2
        expected.nextUnit = 4
        #expect(desk.offers[.n(1)] == expected && desk.changedOffers == [.n(1)] && desk.newOffers.isEmpty)
        #expect(desk.orders[.n(7)] == Sample.order(7) && desk.added.isEmpty && desk.units.removed.isEmpty)
    }

    @Test(arguments: [1, 2, 3] as [Int64]) func aTicketsCopyChangesOnlyForALargerVersion(version: Int64) {
        var desk = OrdersDesk.of()
        #expect(desk.tell(.ticket(Sample.ticket(price: 1, withdrawn: true, version: version))).isSilent)
        #expect(desk.isUnchanged && desk.offers[.n(1)] == .sample())
    }

    @Test(arguments: [(Int.min, 0), (-1, 0), (1_000_001, 1_000_000), (.max, 1_000_000)])
    func aQuantityWrittenByHandIsCutToTheLimits(quantity: Int, offered: Int) {
        var desk = OrdersDesk.of(offer: nil)
        #expect(desk.tell(.ticket(Sample.ticket(quantity: quantity, version: 1))).isSilent)
        #expect(desk.offers[.n(1)]?.offered == offered)
        #expect(desk.tell(.ticket(Sample.ticket(quantity: quantity, version: 2))).isSilent)
        #expect(desk.offers[.n(1)]?.offered == offered)
    }
}
