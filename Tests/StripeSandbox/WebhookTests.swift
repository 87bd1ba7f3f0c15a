import CurlClient
import Foundation
import Marketplace
import Stripe
import Testing

@testable import StripeSandbox

@Suite(.timeLimit(.minutes(1)))
struct WebhookTests {
    private static func settings(_ receiver: WebhookReceiver) -> SandboxSettings {
        var settings = SandboxSettings()
        settings.webhookURLs = [receiver.url]
        settings.webhookSecrets = ["whsec_new", "whsec_old"]
        settings.webhookRetryMilliseconds = 1
        settings.webhookAttempts = 50
        return settings
    }

    @Test func webhooksAreSignedWithEachSecret() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await SandboxHarness.with(Self.settings(receiver)) { harness async throws in
                let (session, intent) = try await harness.paid()
                var types: Set<String> = []
                for delivery in await receiver.next(4) {
                    for secret in ["whsec_new", "whsec_old"] {
                        try WebhookSignature(header: delivery.signature).verify(
                            body: delivery.body, secrets: [secret], now: .now())
                    }
                    let event = try WebhookEvent(json: delivery.body)
                    #expect(event.orderID == SandboxHarness.order && event.attempt == 1)
                    if event.type == "checkout.session.completed" { #expect(event.objectID == session.id) }
                    if event.type == "payment_intent.created" { #expect(event.objectID == intent.id) }
                    let stored = try await harness.stripe.send(.retrieveEvent(event.id))
                    #expect(try WebhookEvent(json: stored.body) == event)
                    types.insert(event.type)
                }
                #expect(
                    types == [
                        "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated",
                        "checkout.session.completed",
                    ])
            }
        }
    }

    @Test func webhooksAreRetriedUntilAccepted() async throws {
        try await WebhookReceiver.with { receiver async throws in
            receiver.fail(times: 7)
            try await SandboxHarness.with(Self.settings(receiver)) { harness async throws in
                let session = try await harness.newSession()
                _ = try await harness.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                let deliveries = await receiver.next(8)
                #expect(Set(try deliveries.map { try WebhookEvent(json: $0.body).id }).count == 1)
            }
        }
    }

    @Test func faultDropsAWebhook() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await SandboxHarness.with(Self.settings(receiver)) { harness async throws in
                try await harness.addFault(#"{"event": "checkout.session.expired", "kind": "drop"}"#)
                for key in ["a", "b"] {
                    let session = try await harness.newSession(key: key)
                    _ = try await harness.stripe.send(.expireCheckoutSession(session.id, key: "expire-\(key)"))
                }
                // One of the two events arrives. The record counts the other.
                #expect(await receiver.next(1).count == 1)
                while harness.sandbox.change({ state, _ in state.record.webhooks.dropped }) == 0 { await Task.yield() }
            }
        }
    }

    @Test func faultRepeatsAWebhook() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await SandboxHarness.with(Self.settings(receiver)) { harness async throws in
                try await harness.addFault(#"{"event": "*", "kind": "repeat"}"#)
                let session = try await harness.newSession()
                _ = try await harness.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                let deliveries = await receiver.next(2)
                #expect(deliveries.count == 2 && deliveries[0].body == deliveries[1].body)
            }
        }
    }

    @Test func faultReordersWebhooks() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await SandboxHarness.with(Self.settings(receiver)) { harness async throws in
                try await harness.addFault(
                    #"{"event": "payment_intent.amount_capturable_updated", "kind": "reorder", "delayMs": 60000}"#)
                let (_, intent) = try await harness.paid()
                var types = try await receiver.next(3).map { try WebhookEvent(json: $0.body).type }
                _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
                types += try await receiver.next(3).map { try WebhookEvent(json: $0.body).type }
                #expect(types.first != "payment_intent.amount_capturable_updated")
                #expect(types.contains("payment_intent.amount_capturable_updated"))
            }
        }
    }

    @Test func sandboxStopsDuringADelivery() async throws {
        try await WebhookReceiver.with { receiver async throws in
            receiver.withholdResponses()
            try await SandboxHarness.with(Self.settings(receiver)) { harness async throws in
                let session = try await harness.newSession()
                _ = try await harness.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                _ = await receiver.next(1)
            }
        }
    }

    @Test(arguments: [
        #"{"kind": "explode", "operation": "*"}"#, #"{"kind": "drop", "operation": "*"}"#,
        #"{"kind": "lose_answer", "event": "*"}"#, #"{"kind": "delay"}"#,
        #"{"kind": "delay", "operation": "*", "event": "*"}"#,
        #"{"kind": "status", "operation": "payment_intents.steal"}"#,
        #"{"kind": "status", "operation": "*", "status": 200}"#,
        #"{"kind": "delay", "operation": "*", "times": 0}"#, "[]", "",
    ])
    func invalidFaultRuleIsRejected(_ json: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let response = try await harness.curl.send(
                CurlRequest(.post, url: "\(harness.base)/_sandbox/faults", body: Array(json.utf8)))
            #expect(response.status == 400)
            #expect(response.text.contains("message"))
            #expect(harness.sandbox.change { state, _ in state.faults.rules.isEmpty })
        }
    }
}
