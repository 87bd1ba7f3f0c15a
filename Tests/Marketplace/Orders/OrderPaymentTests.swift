import Testing

@testable import Marketplace

/// The orders service's handling of payment events: each kind of event, from the claiming attempt and from a different
/// attempt, for an order in each status.
@Suite struct OrderPaymentTests {
    private static let kinds: [PaymentEvent.Kind] = [.authorized, .charged, .failed, .refunded]

    /// An order of buyer 1 with a status. If it is claimed, attempt 1 has claimed it.
    private func order(_ status: OrderState.Status) -> OrderState {
        Fixture.order(
            7, status: status, reason: status == .cancelled ? .expired : nil,
            attempt: [.confirmed, .complete, .refunded].contains(status) ? 1 : nil, version: 4)
    }

    private func expectChange(
        _ kind: PaymentEvent.Kind, from: OrderState.Status, to: OrderState.Status, _ event: EventType,
        reason: OrderState.Reason? = nil, releasesUnits: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var decider = OrdersDecider.of(orders: [order(from)])
        let later = Fixture.now + .seconds(30)
        let decision = decider.receive(.payment(.of(kind, order(from))), at: later)
        var expected = order(from)
        expected.status = to
        expected.reason = reason
        expected.attempt = 1
        expected.version = 5
        expected.updatedAt = later
        #expect(decider.orders[.n(7)] == expected, sourceLocation: sourceLocation)
        #expect(decision.reply(as: Decision.EmptyReply.self) != nil, sourceLocation: sourceLocation)
        #expect(decision.events.map(\.type) == [event], sourceLocation: sourceLocation)
        #expect(decision.events.map(\.version) == [5], sourceLocation: sourceLocation)
        #expect(decider.updatedOrders == [.n(7)], sourceLocation: sourceLocation)
        #expect(decider.units.releasedOrders == (releasesUnits ? [.n(7)] : []), sourceLocation: sourceLocation)
        #expect(decider.releasedUnits == (releasesUnits ? [1, 2] : []), sourceLocation: sourceLocation)
        #expect(decider.listings[.n(1)]?.held == (releasesUnits ? 0 : 2), sourceLocation: sourceLocation)
    }

    @Test func anAuthorizationConfirmsAnUnpaidOrder() {
        expectChange(.authorized, from: .awaitingPayment, to: .confirmed, .orderConfirmed)
    }

    @Test func aChargeCompletesTheClaimedOrder() {
        expectChange(.charged, from: .confirmed, to: .complete, .orderCompleted)
    }

    @Test func aFailureCancelsTheClaimedOrder() {
        expectChange(
            .failed, from: .confirmed, to: .cancelled, .orderCancelled, reason: .paymentFailed, releasesUnits: true)
    }

    @Test func aRefundLeavesTheUnitsOffSale() {
        expectChange(.refunded, from: .complete, to: .refunded, .orderRefunded)
    }

    @Test func aRefundBeforeItsChargeRefundsTheOrder() {
        expectChange(.refunded, from: .confirmed, to: .refunded, .orderRefunded)
    }

    @Test func otherPaymentEventsChangeNothing() {
        let changes: [(PaymentEvent.Kind, OrderState.Status)] = [
            (.authorized, .awaitingPayment), (.charged, .confirmed), (.failed, .confirmed), (.refunded, .complete),
            (.refunded, .confirmed),
        ]
        for status in OrderState.Status.allCases {
            for kind in Self.kinds where !changes.contains(where: { $0 == (kind, status) }) {
                var decider = OrdersDecider.of(orders: [order(status)])
                #expect(decider.receive(.payment(.of(kind, order(status)))).isSilent, "\(kind) of \(status)")
                #expect(decider.isUnchanged && decider.orders[.n(7)] == order(status), "\(kind) of \(status)")
            }
        }
    }

    @Test func eventsOfOtherAttemptsChangeNoClaimedOrder() {
        for status in OrderState.Status.allCases where status != .awaitingPayment {
            for kind in Self.kinds {
                var decider = OrdersDecider.of(orders: [order(status)])
                #expect(
                    decider.receive(.payment(.of(kind, order(status), attempt: 2))).isSilent, "\(kind) of \(status)")
                #expect(decider.isUnchanged, "\(kind) of \(status)")
            }
        }
    }

    @Test func onlyTheClaimingAttemptCompletesTheOrder() {
        var decider = OrdersDecider.of(orders: [order(.awaitingPayment)])
        let order = order(.awaitingPayment)
        #expect(decider.receive(.payment(.of(.authorized, order, attempt: 2))).events.map(\.type) == [.orderConfirmed])
        #expect(decider.orders[.n(7)]?.attempt == 2)
        #expect(decider.receive(.payment(.of(.authorized, order, attempt: 3))).isSilent)
        #expect(decider.receive(.payment(.of(.charged, order, attempt: 1))).isSilent)
        #expect(decider.receive(.payment(.of(.charged, order, attempt: 2))).events.map(\.type) == [.orderCompleted])
    }

    @Test func anAuthorizationAfterTheHoldConfirmsAnUncancelledOrder() {
        var decider = OrdersDecider.of(orders: [order(.awaitingPayment)])
        let late = Fixture.now + .seconds(3600)
        #expect(decider.receive(.payment(.of(.authorized, order(.awaitingPayment))), at: late).events.count == 1)
    }

    @Test func anAuthorizationByABannedBuyerCancelsTheOrder() {
        var decider = OrdersDecider.of(orders: [order(.awaitingPayment)], buyer: .banned)
        let decision = decider.receive(.payment(.of(.authorized, order(.awaitingPayment))))
        #expect(decision.events.map(\.type) == [.orderCancelled])
        #expect(decider.orders[.n(7)]?.reason == .buyerBanned && decider.orders[.n(7)]?.attempt == nil)
        #expect(decider.releasedUnits == [1, 2])
    }

    @Test(arguments: [4999, 5001, 0, -5000]) func authorizationsOfAnotherAmountChangeNothing(amount: Int64) {
        var decider = OrdersDecider.of(orders: [order(.awaitingPayment)])
        #expect(decider.receive(.payment(.of(.authorized, order(.awaitingPayment), amount: amount))).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test func authorizationsInAnotherCurrencyChangeNothing() throws {
        var decider = OrdersDecider.of(orders: [order(.awaitingPayment)])
        var event = PaymentEvent.of(.authorized, order(.awaitingPayment))
        event.currency = try #require(Currency(rawValue: "JPY"))
        #expect(decider.receive(.payment(event)).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test(arguments: [0, -1, Int(Int32.max) + 1, .max]) func authorizationsOfInvalidAttemptsChangeNothing(attempt: Int)
    {
        var decider = OrdersDecider.of(orders: [order(.awaitingPayment)])
        #expect(decider.receive(.payment(.of(.authorized, order(.awaitingPayment), attempt: attempt))).isSilent)
        #expect(decider.isUnchanged)
    }

    @Test func paymentsOfUnknownOrdersAreIgnored() {
        for kind in Self.kinds {
            var decider = OrdersDecider.of()
            #expect(decider.receive(.payment(.of(kind, order(.awaitingPayment)))).isSilent)
            #expect(decider.isUnchanged)
        }
    }

    @Test func eventTypesFollowFromTheKind() {
        let order = order(.awaitingPayment)
        #expect(
            Self.kinds.map { PaymentEvent.of($0, order).type } == [
                .paymentAuthorized, .chargeCreated, .paymentFailed, .chargeRefunded,
            ])
    }
}
