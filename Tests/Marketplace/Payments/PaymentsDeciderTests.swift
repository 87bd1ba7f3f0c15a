import Testing

@testable import Marketplace

@Suite struct PaymentsDeciderTests {
    private func decider(_ payments: OrderPayments?, owners: [String: (order: OrderID, attempt: Int)] = [:])
        -> PaymentsDecider
    {
        PaymentsDecider(payments: payments.map { [$0] } ?? [], owners: owners, times: PaymentTimes())
    }

    private func start(
        _ number: Int = 1, actor: Actor = .user(PaymentFixture.buyer), version: Int64 = 1
    ) -> Message<PaymentsCommand, PaymentsEvent> {
        .command(
            CommandHead(id: PaymentFixture.command(number), actor: actor, at: PaymentFixture.now, reply: "api-1"),
            .startPayment(StartPayment(orderId: PaymentFixture.orderId, orderVersion: version)))
    }

    private func event(_ state: OrderState) -> Message<PaymentsCommand, PaymentsEvent> {
        .event(
            EventHead(id: EventID(state.id.uuid), version: state.version, at: PaymentFixture.now),
            .order(PayableOrder(state)))
    }

    private func webhook(
        _ type: String, _ object: String, order: OrderID? = nil, attempt: Int? = nil
    ) -> Message<PaymentsCommand, PaymentsEvent> {
        .command(
            CommandHead(id: PaymentFixture.command(50), actor: .stripe, at: PaymentFixture.now),
            .receiveStripeEvent(
                ReceiveStripeEvent(
                    eventId: "evt_1", eventType: type, objectId: object, orderId: order, attempt: attempt)))
    }

    private func refusal(_ decision: Decision) -> Refusal.Code? {
        if case .refused(let refusal) = decision.outcome { refusal.code } else { nil }
    }

    private func isDeferred(_ decision: Decision) -> Bool {
        if case .deferred = decision.outcome { true } else { false }
    }
    private func repliesLater(_ decision: Decision) -> Bool {
        if case .replyLater = decision.outcome { true } else { false }
    }

    // MARK: StartPayment

    @Test func commandsForUnknownOrdersAreDeferred() {
        var none = decider(nil)
        #expect(isDeferred(none.decide(start(), now: PaymentFixture.now)))
        var behind = decider(PaymentFixture.payments(.awaitingPayment, []))
        #expect(isDeferred(behind.decide(start(version: 2), now: PaymentFixture.now)))
        #expect(behind.payments[PaymentFixture.orderId]?.attempts.isEmpty == true)
    }

    @Test func onlyTheBuyerMayPay() {
        for actor in [Actor.nobody, .operator, .stripe, .user(UserID(PaymentFixture.orderId.uuid))] {
            var decider = decider(PaymentFixture.payments(.awaitingPayment, []))
            #expect(refusal(decider.decide(start(actor: actor), now: PaymentFixture.now)) == .forbidden)
            #expect(decider.payments[PaymentFixture.orderId]?.attempts.isEmpty == true)
        }
    }

    @Test func laterCommandsJoinTheFirst() throws {
        var decider = decider(PaymentFixture.payments(.awaitingPayment, []))
        #expect(repliesLater(decider.decide(start(1), now: PaymentFixture.now)))
        #expect(repliesLater(decider.decide(start(2), now: PaymentFixture.now)))
        let payments = try #require(decider.payments[PaymentFixture.orderId])
        #expect(payments.attempts.map(\.state) == [.opening])
        #expect(payments.pending == [.createSession])
        #expect(payments.waiters.map(\.command) == [PaymentFixture.command(1), PaymentFixture.command(2)])
        let changes = payments.changes
        #expect(
            changes.insertedAttempts.count == 1 && changes.insertedCalls.count == 1
                && changes.insertedWaiters.count == 2)
        #expect(changes.insertedCalls[0].request == .openPage(payments.order, payments.attempts[0]))
    }

    @Test func openPagesAreReturnedAgain() throws {
        var decider = decider(PaymentFixture.payments(.awaitingPayment, [.ended, .open]))
        let decision = decider.decide(start(), now: PaymentFixture.now)
        guard case .reply(let reply) = decision.outcome else {
            Issue.record("no reply at once")
            return
        }
        #expect(reply as? Checkout == Checkout(id: "cs_2", url: "https://pay/cs_2"))
        let changes = try #require(decider.payments[PaymentFixture.orderId]).changes
        #expect(changes.insertedCalls.isEmpty && changes.insertedWaiters.isEmpty && changes.insertedAttempts.isEmpty)
    }

    @Test(arguments: OrderState.Status.allCases, PaymentAttempt.State.allCases)
    func pagesOpenOnlyForUnpaidOrders(status: OrderState.Status, state: PaymentAttempt.State) throws {
        var decider = decider(
            PaymentFixture.payments(
                status, claimed: status == .awaitingPayment || status == .cancelled ? nil : 1, [state]))
        let decision = decider.decide(start(), now: PaymentFixture.now)
        let payments = try #require(decider.payments[PaymentFixture.orderId])
        guard status == .awaitingPayment else {
            #expect(refusal(decision) == .notPayable)
            #expect(payments.attempts.count == 1 && payments.pending.isEmpty)
            return
        }
        switch state {
        case .open: #expect(!repliesLater(decision) && refusal(decision) == nil)
        case .opening, .closing, .refunding: #expect(repliesLater(decision) && payments.attempts.count == 1)
        case .authorized, .capturing, .captured: #expect(refusal(decision) == .notPayable)
        case .ended, .refunded:
            #expect(repliesLater(decision))
            #expect(payments.attempts.map(\.state) == [state, .opening])
        }
    }

    @Test func expiredHoldsCannotBePaid() {
        var decider = decider(PaymentFixture.payments(.awaitingPayment, [.open]))
        #expect(refusal(decider.decide(start(), now: PaymentFixture.now + .seconds(900))) == .notPayable)
    }

    @Test func attemptsAreLimited() {
        var decider = decider(
            PaymentFixture.payments(.awaitingPayment, Array(repeating: .ended, count: PaymentAttempt.limit)))
        #expect(refusal(decider.decide(start(), now: PaymentFixture.now)) == .notPayable)
    }

    @Test func pagesExpireAfterTheHoldWithinStripesLimits() {
        let order = PayableOrder(PaymentFixture.state())
        #expect(PaymentTimes.pageEnd(of: order, now: PaymentFixture.now) == PaymentFixture.now + .seconds(35 * 60))
        let long = PayableOrder(PaymentFixture.state(expiresAt: PaymentFixture.now + .seconds(7200)))
        #expect(PaymentTimes.pageEnd(of: long, now: PaymentFixture.now) == PaymentFixture.now + .seconds(7200))
        let endless = PayableOrder(PaymentFixture.state(expiresAt: PaymentFixture.now + .seconds(7 * 86_400)))
        #expect(PaymentTimes.pageEnd(of: endless, now: PaymentFixture.now) < PaymentFixture.now + .seconds(86_400))
    }

    // MARK: Order events

    @Test func olderEventsChangeNothing() throws {
        var decider = decider(
            OrderPayments(
                order: PayableOrder(PaymentFixture.state(.cancelled, version: 2)),
                attempts: [PaymentFixture.attempt(.ended)],
                times: PaymentTimes()))
        _ = decider.decide(event(PaymentFixture.state(.awaitingPayment, version: 1)), now: PaymentFixture.now)
        _ = decider.decide(event(PaymentFixture.state(.awaitingPayment, version: 2)), now: PaymentFixture.now)
        #expect(decider.payments[PaymentFixture.orderId]?.order.status == .cancelled)
    }

    @Test(arguments: [
        (PaymentAttempt.State.open, PaymentCall.Operation.expireSession, PaymentAttempt.State.closing),
        (.authorized, .cancelIntent, .closing), (.captured, .refund, .refunding),
    ])
    func cancelledOrdersAreUndone(
        from state: PaymentAttempt.State, by operation: PaymentCall.Operation, to next: PaymentAttempt.State
    ) throws {
        var decider = decider(PaymentFixture.payments(.awaitingPayment, [state]))
        let decision = decider.decide(event(PaymentFixture.state(.cancelled, version: 2)), now: PaymentFixture.now)
        let payments = try #require(decider.payments[PaymentFixture.orderId])
        #expect(payments.pending == [operation])
        #expect(payments.attempts[0].state == next)
        #expect(decision.events.isEmpty)
    }

    @Test func onlyUnsentCallsAreWithdrawn() throws {
        var sent = decider(
            PaymentFixture.payments(
                .awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession, runs: 1)],
                waiters: [PaymentFixture.waiter(1)]))
        _ = sent.decide(event(PaymentFixture.state(.cancelled, version: 2)), now: PaymentFixture.now)
        #expect(sent.payments[PaymentFixture.orderId]?.attempts[0].state == .opening)
        #expect(sent.payments[PaymentFixture.orderId]?.pending == [.createSession])
        #expect(sent.payments[PaymentFixture.orderId]?.replies.count == 1)

        var unsent = decider(
            PaymentFixture.payments(.awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession)]))
        let decision = unsent.decide(event(PaymentFixture.state(.cancelled, version: 2)), now: PaymentFixture.now)
        #expect(unsent.payments[PaymentFixture.orderId]?.calls.map(\.state) == [.withdrawn])
        #expect(unsent.payments[PaymentFixture.orderId]?.attempts[0].state == .ended)
        #expect(decision.events.map(\.type) == [.paymentFailed])
    }

    @Test func onlyTheClaimingAttemptIsCaptured() throws {
        for claimed in [1, 2] {
            var decider = decider(PaymentFixture.payments(.awaitingPayment, [.authorized]))
            _ = decider.decide(
                event(PaymentFixture.state(.confirmed, attempt: claimed, version: 2)), now: PaymentFixture.now)
            #expect(decider.payments[PaymentFixture.orderId]?.pending == [claimed == 1 ? .capture : .cancelIntent])
        }
    }

    @Test func finalEventsAreRepeatedForClaimedOrders() {
        var decider = decider(
            PaymentFixture.payments(
                .awaitingPayment, [.ended, .opening], calls: [PaymentFixture.call(.createSession, attempt: 2)]))
        let decision = decider.decide(
            event(PaymentFixture.state(.confirmed, attempt: 1, version: 2)), now: PaymentFixture.now)
        #expect(decision.events.map(\.type) == [.paymentFailed, .paymentFailed])
        #expect(decision.events.map(\.version) == [1, 2])
        #expect(decider.payments[PaymentFixture.orderId]?.attempts.map(\.state) == [.ended, .ended])
    }

    // MARK: Webhooks and checks

    @Test func webhooksTriggerAPoll() {
        for message in [
            webhook("checkout.session.completed", "cs_1", order: PaymentFixture.orderId, attempt: 1),
            webhook("payment_intent.amount_capturable_updated", "pi_1"),
        ] {
            var decider = decider(
                PaymentFixture.payments(.awaitingPayment, [.open]),
                owners: ["pi_1": (order: PaymentFixture.orderId, attempt: 1)])
            _ = decider.decide(message, now: PaymentFixture.now)
            #expect(decider.payments[PaymentFixture.orderId]?.attempts[0].pollAt == PaymentFixture.now)
        }
    }

    @Test func foreignEventsAreIgnored() {
        var decider = decider(PaymentFixture.payments(.awaitingPayment, [.open]))
        let decision = decider.decide(webhook("charge.succeeded", "ch_9"), now: PaymentFixture.now)
        #expect(refusal(decision) == nil && !isDeferred(decision))
        #expect(decider.payments[PaymentFixture.orderId]?.attempts[0].pollAt == nil)
    }

    @Test func onlyRefundsPollCapturedAttempts() {
        for (type, triggersPoll) in [("payment_intent.succeeded", false), ("charge.refunded", true)] {
            var decider = decider(PaymentFixture.payments(.complete, claimed: 1, [.captured]))
            _ = decider.decide(
                webhook(type, "cs_1", order: PaymentFixture.orderId, attempt: 1), now: PaymentFixture.now)
            #expect(
                (decider.payments[PaymentFixture.orderId]?.attempts[0].pollAt == PaymentFixture.now) == triggersPoll)
        }
    }

    @Test func knownChangesTriggerNoPoll() {
        let completed = "checkout.session.completed"
        let captured = "payment_intent.succeeded"
        let capture = [PaymentFixture.call(.capture, runs: 1)]
        let cases: [(PaymentAttempt.State, [PaymentCall], String, Bool)] = [
            (.open, [], completed, true), (.open, [], captured, true), (.closing, [], completed, true),
            (.authorized, [], completed, false), (.authorized, [], "payment_intent.amount_capturable_updated", false),
            // Captured or cancelled by hand.
            (.authorized, [], captured, true), (.authorized, [], "payment_intent.canceled", true),
            (.capturing, capture, completed, false), (.capturing, capture, captured, false),
            (.capturing, [], captured, true), (.capturing, capture, "payment_intent.canceled", true),
        ]
        for (state, calls, type, triggersPoll) in cases {
            var decider = decider(PaymentFixture.payments(.confirmed, claimed: 1, [state], calls: calls))
            _ = decider.decide(
                webhook(type, "cs_1", order: PaymentFixture.orderId, attempt: 1), now: PaymentFixture.now)
            #expect(
                (decider.payments[PaymentFixture.orderId]?.attempts[0].pollAt == PaymentFixture.now) == triggersPoll,
                "\(state) \(type)")
        }
    }

    @Test func webhooksDuringACallPollAfterIt() throws {
        var payments = PaymentFixture.payments(
            .cancelled, [.closing], calls: [PaymentFixture.call(.expireSession, runs: 1)])
        payments.poll(1, after: .other, now: PaymentFixture.now)
        payments.finish(
            PaymentCall.Name(attempt: 1, operation: .expireSession, try: 1),
            .refused(
                code: "x",
                PaymentSnapshot(
                    session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.processing))),
            now: PaymentFixture.now + .seconds(5))
        #expect(payments.attempts[0].pollAt == PaymentFixture.now)
    }

    @Test func onlyTheBuyerMayCheckAPayment() {
        for (actor, isAllowed) in [(Actor.user(PaymentFixture.buyer), true), (.nobody, false), (.operator, true)] {
            var decider = decider(PaymentFixture.payments(.awaitingPayment, [.open]))
            let decision = decider.decide(
                .command(
                    CommandHead(id: PaymentFixture.command(3), actor: actor, at: PaymentFixture.now),
                    .checkPayment(CheckPayment(orderId: PaymentFixture.orderId))),
                now: PaymentFixture.now)
            #expect((refusal(decision) == nil) == isAllowed)
            #expect((decider.payments[PaymentFixture.orderId]?.attempts[0].pollAt != nil) == isAllowed)
        }
    }
}
