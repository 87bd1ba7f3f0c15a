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

    @Test func arriveSignedWithEachSecret() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await RunningSandbox.with(Self.settings(receiver)) { running async throws in
                let (session, intent) = try await running.paid()
                var types: Set<String> = []
                for delivery in await receiver.next(4) {
                    for secret in ["whsec_new", "whsec_old"] {
                        try WebhookSignature.verify(
                            header: delivery.signature, body: delivery.body, secrets: [secret], now: .now())
                    }
                    let event = try WebhookEvent(json: delivery.body)
                    #expect(event.orderID == RunningSandbox.order && event.attempt == 1)
                    #expect(event.paymentIntentID == intent.id)
                    if event.type == "checkout.session.completed" { #expect(event.objectID == session.id) }
                    let kept = try await running.stripe.send(.retrieveEvent(event.id))
                    #expect(try WebhookEvent(json: kept.body) == event)
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

    @Test func comeAgainUntilTheyAreTaken() async throws {
        try await WebhookReceiver.with { receiver async throws in
            receiver.refuse(times: 7)
            try await RunningSandbox.with(Self.settings(receiver)) { running async throws in
                let session = try await running.newSession()
                _ = try await running.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                let seen = await receiver.next(8)
                #expect(Set(try seen.map { try WebhookEvent(json: $0.body).id }).count == 1)
            }
        }
    }

    @Test func canBeDropped() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await RunningSandbox.with(Self.settings(receiver)) { running async throws in
                try await running.fault(#"{"event": "checkout.session.expired", "kind": "drop"}"#)
                for key in ["a", "b"] {
                    let session = try await running.newSession(key: key)
                    _ = try await running.stripe.send(.expireCheckoutSession(session.id, key: "expire-\(key)"))
                }
                // Of the two events one arrives; the record tells of the other.
                #expect(await receiver.next(1).count == 1)
                while running.sandbox.change({ state, _ in state.record.webhooks.dropped }) == 0 { await Task.yield() }
            }
        }
    }

    @Test func canBeRepeated() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await RunningSandbox.with(Self.settings(receiver)) { running async throws in
                try await running.fault(#"{"event": "*", "kind": "repeat"}"#)
                let session = try await running.newSession()
                _ = try await running.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
                let seen = await receiver.next(2)
                #expect(seen.count == 2 && seen[0].body == seen[1].body)
            }
        }
    }

    @Test func canBeReordered() async throws {
        try await WebhookReceiver.with { receiver async throws in
            try await RunningSandbox.with(Self.settings(receiver)) { running async throws in
                try await running.fault(
                    #"{"event": "payment_intent.amount_capturable_updated", "kind": "reorder", "delayMs": 60000}"#)
                let (_, intent) = try await running.paid()
                var types = try await receiver.next(3).map { try WebhookEvent(json: $0.body).type }
                _ = try await running.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
                types += try await receiver.next(3).map { try WebhookEvent(json: $0.body).type }
                #expect(types.first != "payment_intent.amount_capturable_updated")
                #expect(types.contains("payment_intent.amount_capturable_updated"))
            }
        }
    }

    @Test func aSandboxStopsWhileOneIsUnderWay() async throws {
        try await WebhookReceiver.with { receiver async throws in
            receiver.hold()
            try await RunningSandbox.with(Self.settings(receiver)) { running async throws in
                let session = try await running.newSession()
                _ = try await running.stripe.send(.expireCheckoutSession(session.id, key: "expire"))
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
    func aRuleThatMakesNoSenseIsRefused(_ json: String) async throws {
        try await RunningSandbox.with { running async throws in
            let answer = try await running.curl.send(
                CurlRequest(.post, url: "\(running.base)/_sandbox/faults", body: Array(json.utf8)))
            #expect(answer.status == 400)
            #expect(answer.text.contains("message"))
            #expect(running.sandbox.change { state, _ in state.faults.rules.isEmpty })
        }
    }
}
