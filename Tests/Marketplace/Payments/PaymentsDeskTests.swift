import Testing

@testable import Marketplace

private typealias Samples = PaymentSamples

@Suite struct PaymentsDeskTests {
    private func desk(_ file: PaymentFile?, owners: [String: (order: OrderID, attempt: Int)] = [:]) -> PaymentsDesk {
        PaymentsDesk(files: file.map { [$0] } ?? [], owners: owners, times: PaymentTimes())
    }

    private func start(
        _ number: Int = 1, actor: Actor = .user(Samples.buyer), version: Int64 = 1
    ) -> Message<PaymentsCommand, PaymentsEvent> {
        .command(
            CommandHead(id: Samples.command(number), actor: actor, at: Samples.now, reply: "api-1"),
            .startPayment(StartPayment(orderId: Samples.orderId, orderVersion: version)))
    }

    private func event(_ state: OrderState) -> Message<PaymentsCommand, PaymentsEvent> {
        .event(EventHead(id: EventID(state.id.uuid), version: state.version, at: Samples.now), .order(state))
    }

    private func webhook(
        _ type: String, _ object: String, order: OrderID? = nil, attempt: Int? = nil
    ) -> Message<PaymentsCommand, PaymentsEvent> {
        .command(
            CommandHead(id: Samples.command(50), actor: .stripe, at: Samples.now),
            .receiveStripeEvent(
                ReceiveStripeEvent(
                    eventId: "evt_1", eventType: type, objectId: object, orderId: order, attempt: attempt)))
    }

    private func refusal(_ decision: Decision) -> Refusal.Code? {
        if case .refused(let refusal) = decision.verdict { refusal.code } else { nil }
    }

    private func isPutOff(_ decision: Decision) -> Bool { if case .putOff = decision.verdict { true } else { false } }
    private func isLater(_ decision: Decision) -> Bool {
        if case .answeredLater = decision.verdict { true } else { false }
    }

    // MARK: StartPayment

    @Test func anOrderThatIsNotHeardOfYetIsPutOff() {
        var none = desk(nil)
        #expect(isPutOff(none.decide(start(), now: Samples.now)))
        var behind = desk(Samples.file(.awaitingPayment, []))
        #expect(isPutOff(behind.decide(start(version: 2), now: Samples.now)))
        #expect(behind.files[Samples.orderId]?.attempts.isEmpty == true)
    }

    @Test func onlyItsBuyerMayPay() {
        for actor in [Actor.nobody, .operator, .stripe, .user(UserID(Samples.orderId.uuid))] {
            var desk = desk(Samples.file(.awaitingPayment, []))
            #expect(refusal(desk.decide(start(actor: actor), now: Samples.now)) == .forbidden)
            #expect(desk.files[Samples.orderId]?.attempts.isEmpty == true)
        }
    }

    @Test func theFirstOpensAPageAndTheNextJoins() throws {
        var desk = desk(Samples.file(.awaitingPayment, []))
        #expect(isLater(desk.decide(start(1), now: Samples.now)))
        #expect(isLater(desk.decide(start(2), now: Samples.now)))
        let file = try #require(desk.files[Samples.orderId])
        #expect(file.attempts.map(\.state) == [.opening])
        #expect(file.pending == [.createSession])
        #expect(file.waiters.map(\.command) == [Samples.command(1), Samples.command(2)])
        let changes = file.changes
        #expect(changes.newAttempts.count == 1 && changes.newCalls.count == 1 && changes.newWaiters.count == 2)
        #expect(changes.newCalls[0].request == .openPage(file.order, file.attempts[0]))
    }

    @Test func anOpenPageIsGivenAgain() throws {
        var desk = desk(Samples.file(.awaitingPayment, [.dead, .open]))
        let decision = desk.decide(start(), now: Samples.now)
        guard case .done(let reply) = decision.verdict else {
            Issue.record("not answered at once")
            return
        }
        #expect(reply as? Checkout == Checkout(id: "cs_2", url: "https://pay/cs_2"))
        let changes = try #require(desk.files[Samples.orderId]).changes
        #expect(changes.newCalls.isEmpty && changes.newWaiters.isEmpty && changes.newAttempts.isEmpty)
    }

    @Test(arguments: OrderState.Status.allCases, PaymentAttempt.State.allCases)
    func whoMayOpenWhat(status: OrderState.Status, state: PaymentAttempt.State) throws {
        var desk = desk(
            Samples.file(status, claimed: status == .awaitingPayment || status == .cancelled ? nil : 1, [state]))
        let decision = desk.decide(start(), now: Samples.now)
        let file = try #require(desk.files[Samples.orderId])
        guard status == .awaitingPayment else {
            #expect(refusal(decision) == .notPayable)
            #expect(file.attempts.count == 1 && file.pending.isEmpty)
            return
        }
        switch state {
        case .open: #expect(!isLater(decision) && refusal(decision) == nil)
        case .opening, .closing, .refunding: #expect(isLater(decision) && file.attempts.count == 1)
        case .authorized, .capturing, .captured: #expect(refusal(decision) == .notPayable)
        case .dead, .refunded:
            #expect(isLater(decision))
            #expect(file.attempts.map(\.state) == [state, .opening])
        }
    }

    @Test func aHoldThatIsOverIsNotPaid() {
        var desk = desk(Samples.file(.awaitingPayment, [.open]))
        #expect(refusal(desk.decide(start(), now: Samples.now + .seconds(900))) == .notPayable)
    }

    @Test func attemptsHaveTheirLimit() {
        var desk = desk(Samples.file(.awaitingPayment, Array(repeating: .dead, count: PaymentAttempt.limit)))
        #expect(refusal(desk.decide(start(), now: Samples.now)) == .notPayable)
    }

    @Test func thePageLivesAtLeastAsLongAsStripeAsksAndTheHold() {
        let order = PayableOrder(Samples.state())
        #expect(PaymentTimes.pageEnd(of: order, now: Samples.now) == Samples.now + .seconds(35 * 60))
        let long = PayableOrder(Samples.state(expiresAt: Samples.now + .seconds(7200)))
        #expect(PaymentTimes.pageEnd(of: long, now: Samples.now) == Samples.now + .seconds(7200))
        let endless = PayableOrder(Samples.state(expiresAt: Samples.now + .seconds(7 * 86_400)))
        #expect(PaymentTimes.pageEnd(of: endless, now: Samples.now) < Samples.now + .seconds(86_400))
    }

    // MARK: The order's events

    @Test func anOlderEventChangesNothing() throws {
        var desk = desk(
            PaymentFile(
                order: PayableOrder(Samples.state(.cancelled, version: 2)), attempts: [Samples.attempt(.dead)],
                times: PaymentTimes()))
        _ = desk.decide(event(Samples.state(.awaitingPayment, version: 1)), now: Samples.now)
        _ = desk.decide(event(Samples.state(.awaitingPayment, version: 2)), now: Samples.now)
        #expect(desk.files[Samples.orderId]?.order.status == .cancelled)
    }

    @Test(arguments: [
        (PaymentAttempt.State.open, PaymentCall.Operation.expireSession, PaymentAttempt.State.closing),
        (.authorized, .cancelIntent, .closing), (.captured, .refund, .refunding),
    ])
    func aCancelledOrderIsUndone(
        from state: PaymentAttempt.State, by operation: PaymentCall.Operation, to next: PaymentAttempt.State
    ) throws {
        var desk = desk(Samples.file(.awaitingPayment, [state]))
        let decision = desk.decide(event(Samples.state(.cancelled, version: 2)), now: Samples.now)
        let file = try #require(desk.files[Samples.orderId])
        #expect(file.pending == [operation])
        #expect(file.attempts[0].state == next)
        #expect(decision.events.isEmpty)
    }

    @Test func aPageBeingMadeIsWaitedForUnlessNobodyHasAskedYet() throws {
        var asked = desk(
            Samples.file(
                .awaitingPayment, [.opening], calls: [Samples.call(.createSession, runs: 1)],
                waiters: [Samples.waiter(1)]))
        _ = asked.decide(event(Samples.state(.cancelled, version: 2)), now: Samples.now)
        #expect(asked.files[Samples.orderId]?.attempts[0].state == .opening)
        #expect(asked.files[Samples.orderId]?.pending == [.createSession])
        #expect(asked.files[Samples.orderId]?.answers.count == 1)

        var unasked = desk(Samples.file(.awaitingPayment, [.opening], calls: [Samples.call(.createSession)]))
        let decision = unasked.decide(event(Samples.state(.cancelled, version: 2)), now: Samples.now)
        #expect(unasked.files[Samples.orderId]?.calls.map(\.state) == [.withdrawn])
        #expect(unasked.files[Samples.orderId]?.attempts[0].state == .dead)
        #expect(decision.events.map(\.type) == [.paymentFailed])
    }

    @Test func theClaimedAttemptIsCapturedAndNoOther() throws {
        for claimed in [1, 2] {
            var desk = desk(Samples.file(.awaitingPayment, [.authorized]))
            _ = desk.decide(event(Samples.state(.confirmed, attempt: claimed, version: 2)), now: Samples.now)
            #expect(desk.files[Samples.orderId]?.pending == [claimed == 1 ? .capture : .cancelIntent])
        }
    }

    @Test func anEndThatOrdersHasNotHeardOfIsToldAgain() {
        var desk = desk(
            Samples.file(.awaitingPayment, [.dead, .opening], calls: [Samples.call(.createSession, attempt: 2)]))
        let decision = desk.decide(event(Samples.state(.confirmed, attempt: 1, version: 2)), now: Samples.now)
        #expect(decision.events.map(\.type) == [.paymentFailed, .paymentFailed])
        #expect(decision.events.map(\.version) == [1, 2])
        #expect(desk.files[Samples.orderId]?.attempts.map(\.state) == [.dead, .dead])
    }

    // MARK: Hints

    @Test func aHintIsALookNow() {
        for message in [
            webhook("checkout.session.completed", "cs_1", order: Samples.orderId, attempt: 1),
            webhook("payment_intent.amount_capturable_updated", "pi_1"),
        ] {
            var desk = desk(
                Samples.file(.awaitingPayment, [.open]), owners: ["pi_1": (order: Samples.orderId, attempt: 1)])
            _ = desk.decide(message, now: Samples.now)
            #expect(desk.files[Samples.orderId]?.attempts[0].lookAt == Samples.now)
        }
    }

    @Test func whatIsNoneOfOursIsForgotten() {
        var desk = desk(Samples.file(.awaitingPayment, [.open]))
        let decision = desk.decide(webhook("charge.succeeded", "ch_9"), now: Samples.now)
        #expect(refusal(decision) == nil && !isPutOff(decision))
        #expect(desk.files[Samples.orderId]?.attempts[0].lookAt == nil)
    }

    @Test func ofWhatIsCapturedOnlyARefundIsNews() {
        for (type, isNews) in [("payment_intent.succeeded", false), ("charge.refunded", true)] {
            var desk = desk(Samples.file(.complete, claimed: 1, [.captured]))
            _ = desk.decide(webhook(type, "cs_1", order: Samples.orderId, attempt: 1), now: Samples.now)
            #expect((desk.files[Samples.orderId]?.attempts[0].lookAt == Samples.now) == isNews)
        }
    }

    @Test func whatIsKnownAlreadyIsNoNews() {
        let completed = "checkout.session.completed"
        let taken = "payment_intent.succeeded"
        let capture = [Samples.call(.capture, runs: 1)]
        let worlds: [(PaymentAttempt.State, [PaymentCall], String, Bool)] = [
            (.open, [], completed, true), (.open, [], taken, true), (.closing, [], completed, true),
            (.authorized, [], completed, false), (.authorized, [], "payment_intent.amount_capturable_updated", false),
            // Taken by hand, or given up.
            (.authorized, [], taken, true), (.authorized, [], "payment_intent.canceled", true),
            (.capturing, capture, completed, false), (.capturing, capture, taken, false),
            (.capturing, [], taken, true), (.capturing, capture, "payment_intent.canceled", true),
        ]
        for (state, calls, type, isNews) in worlds {
            var desk = desk(Samples.file(.confirmed, claimed: 1, [state], calls: calls))
            _ = desk.decide(webhook(type, "cs_1", order: Samples.orderId, attempt: 1), now: Samples.now)
            #expect((desk.files[Samples.orderId]?.attempts[0].lookAt == Samples.now) == isNews, "\(state) \(type)")
        }
    }

    @Test func aHintDuringACallIsKeptForAfterIt() throws {
        var file = Samples.file(.cancelled, [.closing], calls: [Samples.call(.expireSession, runs: 1)])
        file.look(at: 1, about: .other, now: Samples.now)
        file.finish(
            PaymentCall.Name(attempt: 1, operation: .expireSession, try: 1),
            .refused(code: "x", SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.processing))),
            now: Samples.now + .seconds(5))
        #expect(file.attempts[0].lookAt == Samples.now)
    }

    @Test func onlyItsBuyerMayAskToLook() {
        for (actor, isAllowed) in [(Actor.user(Samples.buyer), true), (.nobody, false), (.operator, true)] {
            var desk = desk(Samples.file(.awaitingPayment, [.open]))
            let decision = desk.decide(
                .command(
                    CommandHead(id: Samples.command(3), actor: actor, at: Samples.now),
                    .checkPayment(CheckPayment(orderId: Samples.orderId))),
                now: Samples.now)
            #expect((refusal(decision) == nil) == isAllowed)
            #expect((desk.files[Samples.orderId]?.attempts[0].lookAt != nil) == isAllowed)
        }
    }
}
