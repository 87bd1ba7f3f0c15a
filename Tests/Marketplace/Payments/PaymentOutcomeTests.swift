import Testing

@testable import Marketplace

private typealias Samples = PaymentSamples

@Suite struct PaymentOutcomeTests {
    private func name(_ operation: PaymentCall.Operation, try: Int = 1) -> PaymentCall.Name {
        PaymentCall.Name(attempt: 1, operation: operation, try: `try`)
    }

    @Test func aPageThatIsMadeAnswersAllWhoWait() {
        var file = Samples.file(
            .awaitingPayment, [.opening], calls: [Samples.call(.createSession, runs: 1)],
            waiters: [Samples.waiter(1), Samples.waiter(2)])
        file.finish(
            name(.createSession), .done(SeenPayment(session: Samples.session(.open), intent: nil)), now: Samples.now)
        #expect(file.attempts[0].state == .open)
        #expect(file.waiters.isEmpty)
        #expect(
            file.answers.map { try? $0.outcome.get() }
                == Array(repeating: Checkout(id: "cs_1", url: "https://pay/cs_1"), count: 2))
        #expect(file.told.isEmpty)
        #expect(file.attempts[0].lookAt == Samples.now + .seconds(30))
    }

    @Test func aPageMadeForADeadOrderIsClosed() {
        var file = Samples.file(.cancelled, [.opening], calls: [Samples.call(.createSession, runs: 1)])
        file.finish(
            name(.createSession), .done(SeenPayment(session: Samples.session(.open), intent: nil)), now: Samples.now)
        #expect(file.attempts[0].state == .closing)
        #expect(file.pending == [.expireSession])
    }

    @Test func withoutAnAnswerTheSameKeyIsUsedAgain() {
        var file = Samples.file(.confirmed, claimed: 1, [.capturing], calls: [Samples.call(.capture, runs: 1)])
        file.finish(
            name(.capture), .unanswered(error: "time-out", byStripe: false, again: .seconds(3)), now: Samples.now)
        #expect(file.calls.map(\.name) == [name(.capture)])
        #expect(file.calls[0].state == .pending)
        #expect(file.calls[0].dueAt == Samples.now + .seconds(3))
        #expect(file.calls[0].failures == 0)
        file.finish(name(.capture), .unanswered(error: "500", byStripe: true, again: .seconds(3)), now: Samples.now)
        #expect(file.calls[0].failures == 1)
        #expect(file.changes.changedCalls.map(\.name) == [name(.capture)])
        #expect(file.changes.newCalls.isEmpty)
    }

    @Test func anotherTryOnlyWhereNoEffectIsSeen() {
        let calls = [Samples.call(.capture, runs: 3)]
        var absent = Samples.file(.confirmed, claimed: 1, [.capturing], calls: calls)
        absent.finish(
            name(.capture),
            .doubtful(
                error: "500", SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.requiresCapture))
            ),
            now: Samples.now)
        #expect(absent.calls.map(\.state) == [.doubted, .pending])
        #expect(absent.calls[1].name == name(.capture, try: 2))
        #expect(absent.calls[1].dueAt > Samples.now)
        #expect(absent.calls[1].key(of: Samples.orderId) == "\(Samples.orderId):1:capture:2")

        var present = Samples.file(.confirmed, claimed: 1, [.capturing], calls: calls)
        present.finish(
            name(.capture),
            .doubtful(
                error: "500", SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.succeeded))),
            now: Samples.now)
        #expect(present.calls.map(\.state) == [.doubted])
        #expect(present.attempts[0].state == .captured)
        #expect(present.told == [.charged])
    }

    @Test func aPageInDoubtIsMadeAnewUnderAnotherKey() {
        var file = Samples.file(.awaitingPayment, [.opening], calls: [Samples.call(.createSession, runs: 3)])
        let later = Samples.now + .seconds(300)
        file.finish(name(.createSession), .doubtful(error: "500", nil), now: later)
        #expect(file.pending == [.createSession])
        #expect(file.calls.last?.try == 2)
        #expect(file.attempts[0].sessionExpiresAt == later + .seconds(35 * 60))

        var dead = Samples.file(.cancelled, [.opening], calls: [Samples.call(.createSession, runs: 3)])
        dead.finish(name(.createSession), .doubtful(error: "500", nil), now: later)
        #expect(dead.attempts[0].state == .dead)
        #expect(dead.pending.isEmpty)
    }

    @Test func aPageThatStripeRefusesEndsTheAttempt() {
        var file = Samples.file(
            .awaitingPayment, [.opening], calls: [Samples.call(.createSession, runs: 1)], waiters: [Samples.waiter(1)])
        file.finish(name(.createSession), .refused(code: "amount_too_small", nil), now: Samples.now)
        #expect(file.attempts[0].state == .dead)
        #expect(file.attempts[0].failure == "amount_too_small")
        #expect(file.attempts.count == 1)
        #expect(file.pending.isEmpty)
        guard case .failure(let refusal)? = file.answers.first?.outcome else {
            Issue.record("nobody was told")
            return
        }
        #expect(refusal.code == .notPayable)
    }

    @Test func aRequestThatGrewTooOldIsWrittenAnew() {
        var file = Samples.file(
            .awaitingPayment, [.opening], calls: [Samples.call(.createSession, runs: 9)], waiters: [Samples.waiter(1)])
        let later = Samples.now + .seconds(600)
        file.finish(name(.createSession), .refused(code: "parameter_invalid_integer", nil), now: later)
        #expect(file.pending == [.createSession])
        #expect(file.attempts[0].sessionExpiresAt >= later + .seconds(31 * 60))
        #expect(file.answers.isEmpty)
    }

    @Test func aDeclinedCaptureIsGivenBackFirstAndToldAfter() {
        var file = Samples.file(.confirmed, claimed: 1, [.capturing], calls: [Samples.call(.capture, runs: 1)])
        let held = SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.requiresCapture))
        file.finish(name(.capture), .refused(code: "card_declined", held), now: Samples.now)
        #expect(file.attempts[0].state == .closing)
        #expect(file.pending == [.cancelIntent])
        #expect(file.told.isEmpty)
        file.finish(
            name(.cancelIntent), .done(SeenPayment(session: nil, intent: Samples.intent(.canceled))), now: Samples.now)
        #expect(file.attempts[0].state == .dead)
        #expect(file.told == [.failed])
        #expect((file.events[0].body as? PaymentEvent)?.reason == "card_declined")
    }

    @Test func aCaptureRefusedBecauseItIsDoneIsDone() {
        var file = Samples.file(.confirmed, claimed: 1, [.capturing], calls: [Samples.call(.capture, runs: 1)])
        let taken = SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.succeeded))
        file.finish(name(.capture), .refused(code: "payment_intent_unexpected_state", taken), now: Samples.now)
        #expect(file.attempts[0].state == .captured)
        #expect(file.attempts[0].failure == nil)
        #expect(file.told == [.charged])
        #expect(file.attempts[0].lookAt == nil)
    }

    @Test func aPageThatWasPaidWhileItWasClosedIsGivenBack() {
        var file = Samples.file(.cancelled, [.closing], calls: [Samples.call(.expireSession, runs: 1)])
        let held = SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.requiresCapture))
        file.finish(name(.expireSession), .refused(code: "session_complete", held), now: Samples.now)
        #expect(file.pending == [.cancelIntent])
        #expect(file.told.isEmpty)
        let taken = SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.succeeded))
        file.finish(name(.cancelIntent), .refused(code: "unexpected_state", taken), now: Samples.now)
        #expect(file.attempts[0].state == .refunding)
        #expect(file.pending == [.refund])
        file.finish(name(.refund), .refunded, now: Samples.now)
        #expect(file.attempts[0].state == .refunded)
        #expect(file.told == [.refunded])
    }

    @Test func anOutcomeThatIsKnownAlreadyChangesNothing() {
        var file = Samples.file(.confirmed, claimed: 1, [.captured])
        file.finish(
            name(.capture), .done(SeenPayment(session: nil, intent: Samples.intent(.succeeded))), now: Samples.now)
        #expect(file.told.isEmpty)
        #expect(file.changes.changedAttempts.isEmpty)
    }
}
