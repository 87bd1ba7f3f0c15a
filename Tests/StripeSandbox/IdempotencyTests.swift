import CurlClient
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

@Suite(.timeLimit(.minutes(1)))
struct IdempotencyTests {
    @Test func theFirstAnswerIsGivenAgain() async throws {
        try await RunningSandbox.with { running async throws in
            let request = StripeRequest.createCheckoutSession(RunningSandbox.parameters(), key: "order:1:create:1")
            let first = try await running.stripe.send(request)
            let second = try await running.stripe.send(request)
            #expect(!first.isReplay && second.isReplay)
            #expect(first.body == second.body)
            #expect(first.requestID != second.requestID)
            let record = running.sandbox.change { state, _ in state.record.json(state.ledger, orderID: nil) }
            #expect(
                record["requests"]["order:1:create:1"]
                    == ["operation": "checkout.sessions.create", "count": 2, "replays": 1])
            #expect(record["sessions"].count == 1)
        }
    }

    @Test func otherParametersUnderTheSameKeyAreAnError() async throws {
        try await RunningSandbox.with { running async throws in
            _ = try await running.newSession(key: "k")
            var other = RunningSandbox.parameters()
            other.unitAmount += 1
            let error = try await running.refusal(.createCheckoutSession(other, key: "k"))
            #expect(error.kind == .invalid && error.status == 400 && error.body.type == "idempotency_error")
            let another = try await running.refusal(.expireCheckoutSession("cs_test_1", key: "k"))
            #expect(another.body.type == "idempotency_error")
        }
    }

    @Test func aSecondRequestWhileTheFirstRunsIsAConflict() async throws {
        try await RunningSandbox.with { running async throws in
            try await running.fault(#"{"operation": "checkout.sessions.create", "kind": "delay", "delayMs": 600000}"#)
            let request = StripeRequest.createCheckoutSession(RunningSandbox.parameters(), key: "k")
            let slow = Task { try await running.stripe.send(request) }
            // The rule is gone once the first call has taken it, and with it the key.
            while running.sandbox.change({ state, _ in !state.faults.rules.isEmpty }) { await Task.yield() }
            let error = try await running.refusal(request)
            #expect(error.kind == .retryable && error.status == 409 && error.code == "idempotency_key_in_use")
            slow.cancel()
            _ = await slow.result
        }
    }

    @Test func anErrorOnStripesSideIsGivenAgainToo() async throws {
        try await RunningSandbox.with { running async throws in
            try await running.fault(#"{"operation": "checkout.sessions.create", "kind": "status", "status": 500}"#)
            let request = StripeRequest.createCheckoutSession(RunningSandbox.parameters(), key: "k")
            for _ in 0..<2 {
                let error = try await running.refusal(request)
                #expect(error.kind == .retryable && error.status == 500 && error.mayHaveTakenEffect)
            }
            #expect(running.sandbox.change { state, _ in state.ledger.sessions.all.isEmpty })
            // A day later the key is free again.
            try await running.advance(seconds: 24 * 3_600)
            var later = RunningSandbox.parameters()
            later.expiresAt = .now() + .seconds(24 * 3_600 + 1_900)
            _ = try await running.stripe.send(.createCheckoutSession(later, key: "k"))
        }
    }

    @Test func aRateLimitIsNotKept() async throws {
        try await RunningSandbox.with { running async throws in
            try await running.fault(#"{"operation": "checkout.sessions.create", "kind": "status", "status": 429}"#)
            let request = StripeRequest.createCheckoutSession(RunningSandbox.parameters(), key: "k")
            let error = try await running.refusal(request)
            #expect(error.kind == .retryable && error.retryAfter == .seconds(1) && !error.mayHaveTakenEffect)
            #expect(try await running.stripe.send(request).isReplay == false)
        }
    }

    @Test func whatFailsValidationIsNotKept() async throws {
        try await RunningSandbox.with { running async throws in
            let short = StripeRequest.createCheckoutSession(
                RunningSandbox.parameters(lifetime: .seconds(1_700)), key: "k")
            #expect(try await running.refusal(short).body.parameter == "expires_at")
            _ = try await running.newSession(key: "k")
        }
    }

    @Test func anAnswerLostAfterTheEffectIsFoundByItsKey() async throws {
        try await RunningSandbox.with { running async throws in
            let (_, intent) = try await running.paid()
            try await running.fault(#"{"operation": "payment_intents.capture", "kind": "lose_answer"}"#)
            let request = StripeRequest.capturePaymentIntent(intent.id, key: "capture")
            let lost = try await running.refusal(request)
            #expect(lost.kind == .retryable && lost.status == nil && lost.mayHaveTakenEffect)
            #expect(try await running.stripe.retrievePaymentIntent(intent.id).status == .succeeded)
            let answer = try await running.stripe.send(request)
            #expect(answer.isReplay)
            #expect(try answer.decode(PaymentIntent.self).amountReceived == 5_000)
            #expect(running.eventTypes().filter { $0 == "charge.captured" }.count == 1)
        }
    }

    /// The worst of Stripe's answers: it failed, and yet it happened. Only fetching the object tells.
    @Test func aFailureMayHideAnEffect() async throws {
        try await RunningSandbox.with { running async throws in
            let (_, intent) = try await running.paid()
            try await running.fault(
                #"{"operation": "payment_intents.capture", "kind": "status", "status": 500, "after": true}"#)
            let error = try await running.refusal(.capturePaymentIntent(intent.id, key: "capture"))
            #expect(error.status == 500)
            #expect(try await running.stripe.retrievePaymentIntent(intent.id).status == .succeeded)
        }
    }
}
