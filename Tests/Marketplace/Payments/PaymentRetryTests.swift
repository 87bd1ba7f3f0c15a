import Testing

@testable import Marketplace

/// Failed polls, and calls that Stripe refuses again and again.
@Suite struct PaymentRetryTests {
    private let captured = PaymentSnapshot(
        session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.succeeded))

    // MARK: Polls

    private func delay(_ payments: OrderPayments, _ now: Timestamp) -> Int64? {
        payments.attempts[0].pollAt.map { ($0 - now).components.seconds }
    }

    @Test func aFailedPollIsRepeatedAtGrowingIntervals() {
        var payments = PaymentFixture.payments(.awaitingPayment, [.open])
        let now = PaymentFixture.now
        // After two polls without a change, the sweep's interval grows to two minutes. A failed poll is repeated within
        // that interval.
        for _ in 0..<2 { payments.observe(1, openPage, now: now) }
        payments.poll(1, after: .authorized, now: now)
        #expect(delay(payments, now) == 0)
        var delays: [Int64?] = []
        for _ in 0..<10 {
            payments.pollFailed(1, retryAfter: nil, now: now)
            delays.append(delay(payments, now))
        }
        #expect(delays == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120])
        // If a poll succeeds and shows nothing new, the sweep makes the next poll.
        payments.observe(1, openPage, now: now)
        #expect(delay(payments, now) == 120)
        payments.pollFailed(1, retryAfter: nil, now: now)
        #expect(delay(payments, now) == 1)
    }

    @Test func aHintBeginsTheIntervalsAgain() {
        var payments = PaymentFixture.payments(.awaitingPayment, [.open])
        let now = PaymentFixture.now
        for _ in 0..<10 { payments.pollFailed(1, retryAfter: nil, now: now) }
        payments.poll(1, after: .authorized, now: now)
        payments.pollFailed(1, retryAfter: nil, now: now)
        #expect(delay(payments, now) == 1)
    }

    @Test func thePauseThatStripeAsksForIsKept() {
        var payments = PaymentFixture.payments(.awaitingPayment, [.open])
        payments.pollFailed(1, retryAfter: .seconds(7), now: PaymentFixture.now)
        #expect(delay(payments, PaymentFixture.now) == 7)
        payments.pollFailed(1, retryAfter: .seconds(3600), now: PaymentFixture.now)
        #expect(delay(payments, PaymentFixture.now) == 30)
    }

    private var openPage: PaymentSnapshot { PaymentSnapshot(session: PaymentFixture.session(.open), intent: nil) }

    // MARK: Stuck calls

    /// A cancelled order with a captured payment, whose refund Stripe has refused this many times.
    private func refunding(refusals: Int) -> (payments: OrderPayments, now: Timestamp) {
        var payments = PaymentFixture.payments(
            .cancelled, [.refunding], calls: [PaymentFixture.call(.refund, runs: 1)])
        var now = PaymentFixture.now
        for _ in 0..<refusals {
            guard let call = payments.calls.first(where: { $0.state == .pending }) else { break }
            now = max(now, call.dueAt)
            payments.finish(call.name, .refused(code: "charge_disputed", captured), now: now)
        }
        return (payments, now)
    }

    @Test func aCallThatIsRefusedForADayIsStuck() throws {
        let (almost, _) = refunding(refusals: PaymentTimes.tries.limit - 1)
        #expect(almost.pending == [.refund])
        #expect(almost.newlyStuckCalls.isEmpty)

        let (payments, now) = refunding(refusals: 100)
        #expect(payments.calls.count == PaymentTimes.tries.limit)
        #expect(payments.pending.isEmpty)
        let last = try #require(payments.calls.last)
        #expect(last.stuckAt == now && last.state == .refused && last.error == "charge_disputed")
        #expect(payments.newlyStuckCalls == [last])
        #expect(payments.attempts[0].state == .refunding)
        #expect(now - PaymentFixture.now > .seconds(86_400))
        #expect(now - PaymentFixture.now < .seconds(2 * 86_400))
        #expect(payments.emitted.isEmpty)
    }

    @Test func aStuckCallIsNotTriedAgainButTheAttemptIsPolled() {
        var (payments, now) = refunding(refusals: 100)
        for _ in 0..<5 {
            #expect(payments.attempts[0].pollAt == now + PaymentTimes.stuckPollDelay)
            now = now + PaymentTimes.stuckPollDelay
            payments.observe(1, captured, now: now)
        }
        #expect(payments.calls.count == PaymentTimes.tries.limit)
        // Refunded by hand.
        payments.observe(
            1,
            PaymentSnapshot(
                session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.succeeded, refunded: 5000)),
            now: now)
        #expect(payments.attempts[0].state == .refunded)
        #expect(payments.emitted == [.refunded])
    }

    @Test func onlyAnOperatorMayRetryStuckCalls() throws {
        let (payments, now) = refunding(refusals: 100)
        for (actor, isAllowed) in [(Actor.user(PaymentFixture.buyer), false), (.nobody, false), (.operator, true)] {
            var decider = PaymentsDecider(payments: [payments], times: PaymentTimes())
            let message = Message<PaymentsCommand, PaymentsEvent>.command(
                CommandHead(id: PaymentFixture.command(3), actor: actor, at: now),
                .retryPayment(RetryPayment(orderId: PaymentFixture.orderId)))
            let decision = decider.decide(message, now: now)
            let after = try #require(decider.payments[PaymentFixture.orderId])
            if case .reply(let reply) = decision.outcome {
                #expect(isAllowed && reply as? RetriedPayment == RetriedPayment(calls: 1))
            } else {
                #expect(!isAllowed)
            }
            #expect((after.attempts[0].pollAt == now) == isAllowed)
            guard isAllowed else { continue }

            // The poll shows that the money is still there, so the refund gets the full number of tries again.
            var retried = after
            retried.observe(1, captured, now: now)
            #expect(retried.calls.last?.try == PaymentTimes.tries.limit + 1)
            #expect(retried.calls.last?.stuckAt == nil && retried.pending == [.refund])
            // A second command finds no stuck call.
            if case .reply = decider.decide(message, now: now).outcome { Issue.record("nothing is stuck any more") }
        }
    }

    /// An attempt without a page can't be paid: it ends, and the buyer gets an answer.
    @Test func aPageThatCannotBeOpenedEndsItsAttempt() throws {
        var payments = PaymentFixture.payments(
            .awaitingPayment, [.opening], calls: [PaymentFixture.call(.createSession, runs: 1)])
        payments.calls[0].repeats = PaymentTimes.tries.limit - 1
        payments.finish(payments.calls[0].name, .doubtful(error: "500", nil), now: PaymentFixture.now)
        #expect(payments.attempts[0].state == .ended)
        #expect(payments.calls.allSatisfy { $0.stuckAt == nil })
        #expect(payments.emitted == [.failed])
    }
}
