import Crypto
import CurlClient
import Foundation
import Support
import Testing

@testable import API

@Suite(.timeLimit(.minutes(1))) struct WebhookTests {
    private func event(_ type: String) -> String {
        #"{"id":"evt_1","object":"event","type":"\#(type)","created":1790000000,"data":{"object":{"id":"cs_1","object":"checkout.session"}}}"#
    }

    private func signature(
        _ body: String, secret: String = RunningAPI.webhookSecret, at seconds: Int? = nil
    ) -> [String: String] {
        let seconds = seconds ?? Int(Date().timeIntervalSince1970)
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(seconds).\(body)".utf8), using: SymmetricKey(data: Data(secret.utf8)))
        let hex = code.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return ["Stripe-Signature": "t=\(seconds),v1=\(hex)"]
    }

    @Test func aWebhookWithoutAValidSignatureIsRefused() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let body = event("checkout.session.completed")
        let now = Int(Date().timeIntervalSince1970)
        let refused: [(String, [String: String])] = [
            (body, [:]), (body, ["Stripe-Signature": "nonsense"]), (body, signature(body, secret: "whsec_another")),
            (body, signature(body, at: now - 400)), (body, signature(body, at: now + 400)),
            (body.replacing("cs_1", with: "cs_2"), signature(body)),
            (body, ["Stripe-Signature": (signature(body)["Stripe-Signature"] ?? "").replacing("v1=", with: "v0=")]),
        ]
        for (body, headers) in refused {
            let answer = try await client.send(.post, "/webhooks/stripe", json: body, headers)
            #expect(answer.status == 400)
            #expect(answer.problem == "bad-signature")
        }
        for body in ["", "{", "{}", #"{"id":"evt 1"}"#, event("a b")] {
            let answer = try await client.send(.post, "/webhooks/stripe", json: body, signature(body))
            #expect(answer.status == 400)
        }
        let large = String(repeating: "x", count: (1 << 20) + 1)
        #expect(try await client.send(.post, "/webhooks/stripe", json: large, signature(large)).status == 413)
        try await api.stop()
    }

    @Test func anUnknownEventTypeIsAcceptedAndIgnored() async throws {
        let api = try await RunningAPI.start()
        let body = event("customer.created")
        let answer = try await api.client().send(.post, "/webhooks/stripe", json: body, signature(body))
        #expect(answer.status == 200)
        #expect(answer.json["ignored"] as? Bool == true)
        try await api.stop()
    }

    /// An error would make Stripe send the event again for days, and may make it disable the endpoint.
    @Test func anEventWithoutAUsableObjectIsAcceptedAndIgnored() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let events = [
            // A balance has no id.
            #"{"id":"evt_2","object":"event","type":"balance.available","created":1790000000,"livemode":false,"#
                + #""data":{"object":{"object":"balance","available":[{"amount":100,"currency":"usd"}]}}}"#,
            // An event of version 2 of Stripe's API has no copy of the object, and its time is text.
            #"{"id":"evt_3","object":"v2.core.event","type":"v1.billing.meter.no_meter_found","#
                + #""created":"2026-11-28T12:00:00.000Z","related_object":null,"data":{}}"#,
            event("checkout.session.completed").replacing(#""id":"cs_1","#, with: ""),
            event("checkout.session.completed").replacing("cs_1", with: "cs 1"),
        ]
        for body in events {
            let answer = try await client.send(.post, "/webhooks/stripe", json: body, signature(body))
            #expect(answer.status == 200, "\(body)")
            #expect(answer.json["ignored"] as? Bool == true, "\(body)")
        }
        try await api.stop()
    }

    /// Without a commit, the response is not 2xx, so that Stripe sends the event again.
    @Test func anUncommittedEventIsNotAccepted() async throws {
        let api = try await RunningAPI.start(["SHED_BACKLOG": "1"])
        let body = event("checkout.session.completed")
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    try await api.client().send(.post, "/webhooks/stripe", json: body, self.signature(body)).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == [503, 503])
        try await api.stop()
    }
}
