import Testing

@testable import Marketplace

/// What the orders service does with what payments tells: each kind, of the claimed attempt and of another, in each
/// state.
@Suite struct OrderPaymentTests {
    private static let kinds: [PaymentEvent.Kind] = [.authorized, .charged, .failed, .refunded]

    /// An order of buyer 1 in a state, claimed by attempt 1 where it is claimed.
    private func order(_ status: OrderState.Status) -> OrderState {
        Sample.order(
            7, status: status, reason: status == .cancelled ? .expired : nil,
            attempt: [.confirmed, .complete, .refunded].contains(status) ? 1 : nil, version: 4)
    }

    private func expectChange(
        _ kind: PaymentEvent.Kind, from: OrderState.Status, to: OrderState.Status, _ event: EventType,
        reason: OrderState.Reason? = nil, unitsComeBack: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        var desk = OrdersDesk.of(orders: [order(from)])
        let later = Sample.now + .seconds(30)
        let decision = desk.tell(.payment(.of(kind, order(from))), at: later)
        var expected = order(from)
        expected.status = to
        expected.reason = reason
        expected.attempt = 1
        expected.version = 5
        expected.updatedAt = later
        #expect(desk.orders[.n(7)] == expected, sourceLocation: sourceLocation)
        #expect(decision.reply(as: Verdict.Empty.self) != nil, sourceLocation: sourceLocation)
        #expect(decision.events.map(\.type) == [event], sourceLocation: sourceLocation)
        #expect(decision.events.map(\.version) == [5], sourceLocation: sourceLocation)
        #expect(desk.changedOrders == [.n(7)], sourceLocation: sourceLocation)
        #expect(desk.units.removed == (unitsComeBack ? [.n(7)] : []), sourceLocation: sourceLocation)
        #expect(desk.returned == (unitsComeBack ? [1, 2] : []), sourceLocation: sourceLocation)
        #expect(desk.offers[.n(1)]?.held == (unitsComeBack ? 0 : 2), sourceLocation: sourceLocation)
    }

    @Test func anAuthorisationClaimsWhatAwaitsPayment() {
        expectChange(.authorized, from: .awaitingPayment, to: .confirmed, .orderConfirmed)
    }

    @Test func aChargeCompletesWhatItsAttemptClaimed() {
        expectChange(.charged, from: .confirmed, to: .complete, .orderCompleted)
    }

    @Test func aFailureCancelsWhatItsAttemptClaimed() {
        expectChange(
            .failed, from: .confirmed, to: .cancelled, .orderCancelled, reason: .paymentFailed, unitsComeBack: true)
    }

    @Test func aRefundOfWhatIsPaidLeavesItsUnitsOffSale() {
        expectChange(.refunded, from: .complete, to: .refunded, .orderRefunded)
    }

    @Test func aRefundHeardBeforeItsChargeIsARefund() {
        expectChange(.refunded, from: .confirmed, to: .refunded, .orderRefunded)
    }

    @Test func nothingElseChangesAnything() {
        let changes: [(PaymentEvent.Kind, OrderState.Status)] = [
            (.authorized, .awaitingPayment), (.charged, .confirmed), (.failed, .confirmed), (.refunded, .complete),
            (.refunded, .confirmed),
        ]
        for status in OrderState.Status.allCases {
            for kind in Self.kinds where !changes.contains(where: { $0 == (kind, status) }) {
                var desk = OrdersDesk.of(orders: [order(status)])
                #expect(desk.tell(.payment(.of(kind, order(status)))).isSilent, "\(kind) of \(status)")
                #expect(desk.isUnchanged && desk.orders[.n(7)] == order(status), "\(kind) of \(status)")
            }
        }
    }

    @Test func whatAnotherAttemptReportsChangesNothingOnceOneHasClaimed() {
        for status in OrderState.Status.allCases where status != .awaitingPayment {
            for kind in Self.kinds {
                var desk = OrdersDesk.of(orders: [order(status)])
                #expect(desk.tell(.payment(.of(kind, order(status), attempt: 2))).isSilent, "\(kind) of \(status)")
                #expect(desk.isUnchanged, "\(kind) of \(status)")
            }
        }
    }

    @Test func aLaterAttemptMayClaimAndItAloneCompletes() {
        var desk = OrdersDesk.of(orders: [order(.awaitingPayment)])
        let order = order(.awaitingPayment)
        #expect(desk.tell(.payment(.of(.authorized, order, attempt: 2))).events.map(\.type) == [.orderConfirmed])
        #expect(desk.orders[.n(7)]?.attempt == 2)
        #expect(desk.tell(.payment(.of(.authorized, order, attempt: 3))).isSilent)
        #expect(desk.tell(.payment(.of(.charged, order, attempt: 1))).isSilent)
        #expect(desk.tell(.payment(.of(.charged, order, attempt: 2))).events.map(\.type) == [.orderCompleted])
    }

    @Test func anAuthorisationAfterTheHoldIsOverStillClaimsWhatNobodyCancelled() {
        var desk = OrdersDesk.of(orders: [order(.awaitingPayment)])
        let late = Sample.now + .seconds(3600)
        #expect(desk.tell(.payment(.of(.authorized, order(.awaitingPayment))), at: late).events.count == 1)
    }

    @Test func aClaimOfWhoIsBannedMeanwhileCancels() {
        var desk = OrdersDesk.of(orders: [order(.awaitingPayment)], buyer: .banned)
        let decision = desk.tell(.payment(.of(.authorized, order(.awaitingPayment))))
        #expect(decision.events.map(\.type) == [.orderCancelled])
        #expect(desk.orders[.n(7)]?.reason == .buyerBanned && desk.orders[.n(7)]?.attempt == nil)
        #expect(desk.returned == [1, 2])
    }

    @Test(arguments: [4999, 5001, 0, -5000]) func anotherAmountClaimsNothing(amount: Int64) {
        var desk = OrdersDesk.of(orders: [order(.awaitingPayment)])
        #expect(desk.tell(.payment(.of(.authorized, order(.awaitingPayment), amount: amount))).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test func anotherCurrencyClaimsNothing() throws {
        var desk = OrdersDesk.of(orders: [order(.awaitingPayment)])
        var event = PaymentEvent.of(.authorized, order(.awaitingPayment))
        event.currency = try #require(Currency(rawValue: "JPY"))
        #expect(desk.tell(.payment(event)).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test(arguments: [0, -1, Int(Int32.max) + 1, .max]) func anAttemptThatCantBeClaimsNothing(attempt: Int) {
        var desk = OrdersDesk.of(orders: [order(.awaitingPayment)])
        #expect(desk.tell(.payment(.of(.authorized, order(.awaitingPayment), attempt: attempt))).isSilent)
        #expect(desk.isUnchanged)
    }

    @Test func anOrderNobodyMadeIsPassedOver() {
        for kind in Self.kinds {
            var desk = OrdersDesk.of()
            #expect(desk.tell(.payment(.of(kind, order(.awaitingPayment)))).isSilent)
            #expect(desk.isUnchanged)
        }
    }

    @Test func theNameOfAnEventIsItsKinds() {
        let order = order(.awaitingPayment)
        #expect(
            Self.kinds.map { PaymentEvent.of($0, order).type } == [
                .paymentAuthorized, .chargeCreated, .paymentFailed, .chargeRefunded,
            ])
    }
}
