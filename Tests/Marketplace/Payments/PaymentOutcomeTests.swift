import Testing

@testable import Marketplace

@Suite struct PaymentOutcomeTests {
    private func name(_ operation: PaymentCall.Operation, try: Int = 1) -> PaymentCall.Name {
        PaymentCall.Name(attempt: 1, operation: operation, try: `try`)
    }

    @Test func createdPagesAnswerAllWaiters() {
        var payments = PaymentFixture.payments(
            .awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession, runs: 1)],
            waiters: [PaymentFixture.waiter(1), PaymentFixture.waiter(2)])
        payments.finish(
            name(.createSession), .done(PaymentSnapshot(session: PaymentFixture.session(.open), intent: nil)),
            now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .open)
        #expect(payments.waiters.isEmpty)
        #expect(
            payments.replies.map { try? $0.result.get() }
                == Array(repeating: Checkout(id: "cs_1", url: "https://pay/cs_1"), count: 2))
        #expect(payments.emitted.isEmpty)
        #expect(payments.attempts[0].pollAt == PaymentFixture.now + .seconds(30))
    }

    @Test func pagesCreatedForClosedOrdersAreExpired() {
        var payments = PaymentFixture.payments(
            .cancelled, [.opening], calls: [PaymentFixture.call(.createSession, runs: 1)])
        payments.finish(
            name(.createSession), .done(PaymentSnapshot(session: PaymentFixture.session(.open), intent: nil)),
            now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .closing)
        #expect(payments.pending == [.expireSession])
    }

    @Test func unansweredCallsKeepTheirKey() {
        var payments = PaymentFixture.payments(
            .confirmed, claimed: 1, [.capturing], calls: [PaymentFixture.call(.capture, runs: 1)])
        payments.finish(
            name(.capture), .unanswered(error: "time-out", byStripe: false, retryAfter: .seconds(3)),
            now: PaymentFixture.now)
        #expect(payments.calls.map(\.name) == [name(.capture)])
        #expect(payments.calls[0].state == .pending)
        #expect(payments.calls[0].dueAt == PaymentFixture.now + .seconds(3))
        #expect(payments.calls[0].failures == 0)
        payments.finish(
            name(.capture), .unanswered(error: "500", byStripe: true, retryAfter: .seconds(3)), now: PaymentFixture.now)
        #expect(payments.calls[0].failures == 1)
        #expect(payments.changes.updatedCalls.map(\.name) == [name(.capture)])
        #expect(payments.changes.insertedCalls.isEmpty)
    }

    @Test func newTriesFollowOnlyIfNoEffectIsShown() {
        let calls = [PaymentFixture.call(.capture, runs: 3)]
        var absent = PaymentFixture.payments(.confirmed, claimed: 1, [.capturing], calls: calls)
        absent.finish(
            name(.capture),
            .doubtful(
                error: "500",
                PaymentSnapshot(
                    session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.requiresCapture))
            ),
            now: PaymentFixture.now)
        #expect(absent.calls.map(\.state) == [.doubted, .pending])
        #expect(absent.calls[1].name == name(.capture, try: 2))
        #expect(absent.calls[1].dueAt > PaymentFixture.now)
        #expect(absent.calls[1].key(of: PaymentFixture.orderId) == "\(PaymentFixture.orderId):1:capture:2")

        var present = PaymentFixture.payments(.confirmed, claimed: 1, [.capturing], calls: calls)
        present.finish(
            name(.capture),
            .doubtful(
                error: "500",
                PaymentSnapshot(session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.succeeded))),
            now: PaymentFixture.now)
        #expect(present.calls.map(\.state) == [.doubted])
        #expect(present.attempts[0].state == .captured)
        #expect(present.emitted == [.charged])
    }

    @Test func doubtfulPagesAreCreatedAgainUnderANewKey() {
        var payments = PaymentFixture.payments(
            .awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession, runs: 3)])
        let later = PaymentFixture.now + .seconds(300)
        payments.finish(name(.createSession), .doubtful(error: "500", nil), now: later)
        #expect(payments.pending == [.createSession])
        #expect(payments.calls.last?.try == 2)
        #expect(payments.attempts[0].sessionExpiresAt == later + .seconds(35 * 60))

        var closed = PaymentFixture.payments(
            .cancelled, [.opening], calls: [PaymentFixture.call(.createSession, runs: 3)])
        closed.finish(name(.createSession), .doubtful(error: "500", nil), now: later)
        #expect(closed.attempts[0].state == .ended)
        #expect(closed.pending.isEmpty)
    }

    @Test func refusedPagesEndTheAttempt() {
        var payments = PaymentFixture.payments(
            .awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession, runs: 1)],
            waiters: [PaymentFixture.waiter(1)])
        payments.finish(name(.createSession), .refused(code: "amount_too_small", nil), now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .ended)
        #expect(payments.attempts[0].failure == "amount_too_small")
        #expect(payments.attempts.count == 1)
        #expect(payments.pending.isEmpty)
        guard case .failure(let refusal)? = payments.replies.first?.result else {
            Issue.record("there is no reply")
            return
        }
        #expect(refusal.code == .notPayable)
    }

    @Test func outdatedRequestsAreRenewed() {
        var payments = PaymentFixture.payments(
            .awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession, runs: 9)],
            waiters: [PaymentFixture.waiter(1)])
        let later = PaymentFixture.now + .seconds(600)
        payments.finish(name(.createSession), .refused(code: "parameter_invalid_integer", nil), now: later)
        #expect(payments.pending == [.createSession])
        #expect(payments.attempts[0].sessionExpiresAt >= later + .seconds(31 * 60))
        #expect(payments.replies.isEmpty)
    }

    @Test func declinedCapturesAreReleasedBeforeTheEvent() {
        var payments = PaymentFixture.payments(
            .confirmed, claimed: 1, [.capturing], calls: [PaymentFixture.call(.capture, runs: 1)])
        let authorized = PaymentSnapshot(
            session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.requiresCapture))
        payments.finish(name(.capture), .refused(code: "card_declined", authorized), now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .closing)
        #expect(payments.pending == [.cancelIntent])
        #expect(payments.emitted.isEmpty)
        payments.finish(
            name(.cancelIntent), .done(PaymentSnapshot(session: nil, intent: PaymentFixture.intent(.canceled))),
            now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .ended)
        #expect(payments.emitted == [.failed])
        #expect((payments.events[0].body as? PaymentEvent)?.reason == "card_declined")
    }

    @Test func repeatedCapturesAreRecognizedAsDone() {
        var payments = PaymentFixture.payments(
            .confirmed, claimed: 1, [.capturing], calls: [PaymentFixture.call(.capture, runs: 1)])
        let captured = PaymentSnapshot(
            session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.succeeded))
        payments.finish(
            name(.capture), .refused(code: "payment_intent_unexpected_state", captured), now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .captured)
        #expect(payments.attempts[0].failure == nil)
        #expect(payments.emitted == [.charged])
        #expect(payments.attempts[0].pollAt == nil)
    }

    @Test func pagesPaidWhileClosingAreUndone() {
        var payments = PaymentFixture.payments(
            .cancelled, [.closing], calls: [PaymentFixture.call(.expireSession, runs: 1)])
        let authorized = PaymentSnapshot(
            session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.requiresCapture))
        payments.finish(name(.expireSession), .refused(code: "session_complete", authorized), now: PaymentFixture.now)
        #expect(payments.pending == [.cancelIntent])
        #expect(payments.emitted.isEmpty)
        let captured = PaymentSnapshot(
            session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.succeeded))
        payments.finish(name(.cancelIntent), .refused(code: "unexpected_state", captured), now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .refunding)
        #expect(payments.pending == [.refund])
        payments.finish(name(.refund), .refunded, now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .refunded)
        #expect(payments.emitted == [.refunded])
    }

    @Test func knownOutcomesChangeNothing() {
        var payments = PaymentFixture.payments(.confirmed, claimed: 1, [.captured])
        payments.finish(
            name(.capture), .done(PaymentSnapshot(session: nil, intent: PaymentFixture.intent(.succeeded))),
            now: PaymentFixture.now)
        #expect(payments.emitted.isEmpty)
        #expect(payments.changes.updatedAttempts.isEmpty)
    }
}
