import CurlClient
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

@Suite(.timeLimit(.minutes(1)))
struct IdempotencyTests {
    @Test func firstResponseIsReplayed() async throws {
        try await SandboxHarness.with { harness async throws in
            let request = StripeRequest.createCheckoutSession(SandboxHarness.parameters(), key: "order:1:create:1")
            let first = try await harness.stripe.send(request)
            let second = try await harness.stripe.send(request)
            #expect(!first.isReplay && second.isReplay)
            #expect(first.body == second.body)
            #expect(first.requestID != second.requestID)
            let record = harness.sandbox.change { state, _ in state.record.json(state.ledger, orderID: nil) }
            #expect(
                record["requests"]["order:1:create:1"]
                    == ["operation": "checkout.sessions.create", "count": 2, "replays": 1])
            #expect(record["sessions"].count == 1)
        }
    }

    @Test func reusingAKeyWithOtherParametersFails() async throws {
        try await SandboxHarness.with { harness async throws in
            _ = try await harness.newSession(key: "k")
            var other = SandboxHarness.parameters()
            other.unitAmount += 1
            let error = try await harness.error(of: .createCheckoutSession(other, key: "k"))
            #expect(error.kind == .invalid && error.status == 400 && error.body.type == "idempotency_error")
            let another = try await harness.error(of: .expireCheckoutSession("cs_test_1", key: "k"))
            #expect(another.body.type == "idempotency_error")
        }
    }

    @Test func concurrentRequestWithTheSameKeyConflicts() async throws {
        try await SandboxHarness.with { harness async throws in
            try await harness.addFault(
                #"{"operation": "checkout.sessions.create", "kind": "delay", "delayMs": 600000}"#)
            let request = StripeRequest.createCheckoutSession(SandboxHarness.parameters(), key: "k")
            let slow = Task { try await harness.stripe.send(request) }
            // The fault rule is removed when the first call begins. From then on, the key is in use.
            while harness.sandbox.change({ state, _ in !state.faults.rules.isEmpty }) { await Task.yield() }
            let error = try await harness.error(of: request)
            #expect(error.kind == .retryable && error.status == 409 && error.code == "idempotency_key_in_use")
            slow.cancel()
            _ = await slow.result
        }
    }

    @Test func serverErrorIsReplayed() async throws {
        try await SandboxHarness.with { harness async throws in
            try await harness.addFault(#"{"operation": "checkout.sessions.create", "kind": "status", "status": 500}"#)
            let request = StripeRequest.createCheckoutSession(SandboxHarness.parameters(), key: "k")
            for _ in 0..<2 {
                let error = try await harness.error(of: request)
                #expect(error.kind == .retryable && error.status == 500 && error.mayHaveTakenEffect)
            }
            #expect(harness.sandbox.change { state, _ in state.ledger.sessions.all.isEmpty })
            // After a day, the key can be used again.
            try await harness.advanceClock(seconds: 24 * 3_600)
            var later = SandboxHarness.parameters()
            later.expiresAt = .now() + .seconds(24 * 3_600 + 1_900)
            _ = try await harness.stripe.send(.createCheckoutSession(later, key: "k"))
        }
    }

    @Test func rateLimitIsNotStored() async throws {
        try await SandboxHarness.with { harness async throws in
            try await harness.addFault(#"{"operation": "checkout.sessions.create", "kind": "status", "status": 429}"#)
            let request = StripeRequest.createCheckoutSession(SandboxHarness.parameters(), key: "k")
            let error = try await harness.error(of: request)
            #expect(error.kind == .retryable && error.retryAfter == .seconds(1) && !error.mayHaveTakenEffect)
            #expect(try await harness.stripe.send(request).isReplay == false)
        }
    }

    @Test func validationErrorIsNotStored() async throws {
        try await SandboxHarness.with { harness async throws in
            let short = StripeRequest.createCheckoutSession(
                SandboxHarness.parameters(lifetime: .seconds(1_700)), key: "k")
            #expect(try await harness.error(of: short).body.parameter == "expires_at")
            _ = try await harness.newSession(key: "k")
        }
    }

    @Test func lostResponseIsReplayedByItsKey() async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid()
            try await harness.addFault(#"{"operation": "payment_intents.capture", "kind": "lose_answer"}"#)
            let request = StripeRequest.capturePaymentIntent(intent.id, key: "capture")
            let lost = try await harness.error(of: request)
            #expect(lost.kind == .retryable && lost.status == nil && lost.mayHaveTakenEffect)
            #expect(try await harness.stripe.retrievePaymentIntent(intent.id).status == .succeeded)
            let replay = try await harness.stripe.send(request)
            #expect(replay.isReplay)
            #expect(try replay.decode(PaymentIntent.self).amountReceived == 5_000)
            #expect(harness.eventTypes().filter { $0 == "charge.captured" }.count == 1)
        }
    }

    /// The request fails and yet takes effect. Only fetching the object shows the effect.
    @Test func failedRequestMayHaveTakenEffect() async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid()
            try await harness.addFault(
                #"{"operation": "payment_intents.capture", "kind": "status", "status": 500, "after": true}"#)
            let error = try await harness.error(of: .capturePaymentIntent(intent.id, key: "capture"))
            #expect(error.status == 500)
            #expect(try await harness.stripe.retrievePaymentIntent(intent.id).status == .succeeded)
        }
    }
}
