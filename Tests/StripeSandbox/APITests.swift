import CurlClient
import Foundation
import Marketplace
import Stripe
import Support
import Testing

@testable import StripeSandbox

/// Stripe's manners: who is let in, what is refused and how, and that answers have Stripe's shapes.
@Suite(.timeLimit(.minutes(1)))
struct APITests {
    @Test func letsInTestKeysAlone() async throws {
        try await RunningSandbox.with { running async throws in
            for headers in [[], [CurlRequest.Header("Authorization", "Bearer sk_live_0123456789")]] {
                let answer = try await running.call(.get, "/v1/payment_intents", headers: headers)
                #expect(answer.status == 401)
                #expect(answer.text.contains("invalid_request_error"))
                #expect(!answer.text.contains("0123456789"))
                #expect(answer[header: "request-id"]?.hasPrefix("req_") == true)
            }
            let basic = Data("sk_test_0123456789:".utf8).base64EncodedString()
            let answer = try await running.call(
                .get, "/v1/payment_intents", headers: [.init("Authorization", "Basic \(basic)")])
            #expect(answer.status == 200)
            let bad = StripeClient(
                StripeConfiguration(secretKey: "sk_nonsense", apiBase: running.base), curl: running.curl)
            let error = await #expect(throws: StripeError.self) { try await bad.retrievePaymentIntent("pi_1") }
            #expect(error?.kind == .authentication)
        }
        var settings = SandboxSettings()
        settings.secretKeys = ["sk_test_only"]
        try await RunningSandbox.with(settings) { running async throws in
            #expect(try await running.call(.get, "/v1/events").status == 401)
            #expect(
                try await running.call(.get, "/v1/events", headers: [.init("Authorization", "Bearer sk_test_only")])
                    .status
                    == 200)
        }
    }

    private static let good: [(String, String)] = [
        ("mode", "payment"), ("success_url", "https://x.test/"), ("cancel_url", "https://x.test/"),
        ("line_items[0][price_data][currency]", "usd"), ("line_items[0][price_data][unit_amount]", "2500"),
        ("line_items[0][price_data][product_data][name]", "A"), ("line_items[0][quantity]", "1"),
    ]

    @Test(
        arguments: [
            ("mode", nil, "parameter_missing", "mode"), ("mode", "subscription", nil, "mode"),
            ("success_url", nil, "parameter_missing", "success_url"),
            ("success_url", "shop", "url_invalid", "success_url"),
            ("line_items[0][quantity]", "0", nil, "line_items[0][quantity]"),
            ("line_items[0][quantity]", "two", "parameter_invalid_integer", "line_items[0][quantity]"),
            ("line_items[0][price_data][currency]", "gold", nil, "line_items[0][price_data][currency]"),
            ("line_items[0][price_data][currency]", nil, "parameter_missing", "line_items[0][price_data][currency]"),
            ("line_items[0][price_data][unit_amount]", "-1", nil, "line_items[0][price_data][unit_amount]"),
            ("line_items[0][price_data][unit_amount]", "49", "amount_too_small", nil),
            (
                "line_items[0][price_data][unit_amount]", "99999999999999999999", "parameter_invalid_integer",
                "line_items[0][price_data][unit_amount]"
            ),
            (
                "line_items[0][price_data][product_data][name]", nil, "parameter_missing",
                "line_items[0][price_data][product_data]"
            ),
            ("expires_at", "1", nil, "expires_at"), ("colour", "red", "parameter_unknown", "colour"),
            ("line_items[0][colour]", "red", "parameter_unknown", "line_items[0][colour]"),
            ("payment_method_types[0]", "boleto", nil, "payment_method_types"),
            ("expand[0]", "customer", nil, "expand"), ("metadata", "x", nil, "metadata"),
            ("client_reference_id", String(repeating: "x", count: 201), nil, "client_reference_id"),
        ] as [(String, String?, String?, String?)])
    func refusesASessionLikeStripe(_ name: String, _ value: String?, _ code: String?, _ parameter: String?) async throws
    {
        try await RunningSandbox.with { running async throws in
            var form = FormBody()
            for field in Self.good where field.0 != name { form.add(field.0, field.1) }
            if let value { form.add(name, value) }
            let error = try await running.refusal(.post("/v1/checkout/sessions", form, key: "k"))
            #expect(error.kind == .invalid && error.status == 400 && error.body.type == "invalid_request_error")
            #expect(error.code == code)
            #expect(error.body.parameter == parameter)
            #expect(running.sandbox.change { state, _ in state.ledger.sessions.all.isEmpty })
        }
    }

    @Test func readsTheFormInAnySpelling() async throws {
        try await RunningSandbox.with { running async throws in
            let form = Self.good.map { "\($0.0)=\($0.1)" }.joined(separator: "&").replacing(
                "https://", with: "https%3a%2F%2f")
            let answer = try await running.call(
                .post, "/v1/checkout/sessions", form: form + "&expand[]=payment_intent&metadata[a]=b+c")
            #expect(answer.status == 200)
            #expect(answer.text.contains("\"a\": \"b c\""))
            for broken in ["a=%zz", "a=%ff", "a[b=1", "a=1&a[b]=2", "a[b]=1&a=2", "a[b][c][d][e][f][g][h][i][j]=1"] {
                #expect(try await running.call(.post, "/v1/checkout/sessions", form: broken).status == 400)
            }
            let json = try await running.curl.send(
                CurlRequest(
                    .post, url: "\(running.base)/v1/refunds",
                    headers: [
                        .init("Authorization", "Bearer sk_test_0123456789"), .init("Content-Type", "application/json"),
                    ], body: Array("{}".utf8)))
            #expect(json.status == 400)
            let long = try await running.call(.post, "/v1/refunds", form: String(repeating: "a", count: 300_000))
            #expect(long.status == 413)
        }
    }

    @Test(arguments: [
        "/v1/nothing", "/v1/checkout/sessions/cs_1/line_items", "/v1", "/v1/payment_intents/pi_1/capture",
    ])
    func knowsNoOtherPaths(_ path: String) async throws {
        try await RunningSandbox.with { running async throws in
            #expect(try await running.call(.get, path).status == 404)
        }
    }

    @Test(arguments: [
        StripeRequest.retrieveCheckoutSession("cs_1"), .retrievePaymentIntent("pi_1"), .get("/v1/charges/ch_1"),
        .get("/v1/refunds/re_1"), .retrieveEvent("evt_1"), .capturePaymentIntent("pi_1", key: "k"),
        .cancelPaymentIntent("pi_1", key: "k"), .expireCheckoutSession("cs_1", key: "k"),
        .createRefund(paymentIntent: "pi_1", key: "k"),
    ])
    func saysWhatIsMissing(_ request: StripeRequest) async throws {
        try await RunningSandbox.with { running async throws in
            let error = try await running.refusal(request)
            #expect(error.status == 404 && error.code == "resource_missing" && error.isMissing)
        }
    }

    @Test func pagesThroughLists() async throws {
        try await RunningSandbox.with { running async throws in
            var made: [String] = []
            for number in 0..<5 { made.append(try await running.newSession(key: "k\(number)").id) }
            let newest = Array(made.reversed())
            func page(_ query: String) async throws -> StripeList<CheckoutSession> {
                try await running.stripe.send(
                    StripeRequest(method: .get, path: "/v1/checkout/sessions", form: query, idempotencyKey: nil),
                    as: StripeList<CheckoutSession>.self)
            }
            let first = try await page("limit=2")
            #expect(first.data.map(\.id) == Array(newest[0..<2]) && first.hasMore)
            let rest = try await page("limit=3&starting_after=\(newest[1])")
            #expect(rest.data.map(\.id) == Array(newest[2..<5]) && !rest.hasMore)
            let before = try await page("limit=2&ending_before=\(newest[3])")
            #expect(before.data.map(\.id) == Array(newest[1..<3]) && before.hasMore)
            let since = try await running.stripe.send(
                .listCheckoutSessions(createdSince: Timestamp.now().seconds + 60),
                as: StripeList<CheckoutSession>.self)
            #expect(since.data.isEmpty)
            let (session, intent) = try await running.paid()
            let found = try await running.stripe.send(
                .listCheckoutSessions(paymentIntent: intent.id), as: StripeList<CheckoutSession>.self)
            #expect(found.data.map(\.id) == [session.id])
            #expect(try await running.call(.get, "/v1/checkout/sessions?limit=101").status == 400)
        }
    }

    @Test(.enabled(if: StripeSpecification.isHere, Comment(rawValue: StripeSpecification.absence)))
    func answersHaveTheShapesOfStripesDocument() async throws {
        let specification = try #require(StripeSpecification.shared)
        try await RunningSandbox.with { running async throws in
            func check(_ answer: CurlResponse, _ method: String, _ path: String) throws {
                let problems = try specification.problems(
                    ofAnswer: Data(answer.body), method: method, path: path, status: answer.status)
                #expect(problems == [], "\(method) \(path)")
            }
            let form = RunningSandbox.parameters().form.encoded
            try check(await running.call(.post, "/v1/checkout/sessions", form: form), "POST", "/v1/checkout/sessions")
            let (session, intent) = try await running.paid()
            let one = "/v1/checkout/sessions/\(session.id)"
            try check(
                await running.call(.get, one + "?expand[]=payment_intent.latest_charge&expand[]=line_items"), "GET",
                "/v1/checkout/sessions/{session}")
            try check(await running.call(.get, "/v1/checkout/sessions"), "GET", "/v1/checkout/sessions")
            try check(await running.call(.post, one + "/expire"), "POST", "/v1/checkout/sessions/{session}/expire")
            let intentPath = "/v1/payment_intents/\(intent.id)"
            try check(
                await running.call(.get, intentPath + "?expand[]=latest_charge"), "GET", "/v1/payment_intents/{intent}")
            try check(
                await running.call(.post, intentPath + "/capture"), "POST", "/v1/payment_intents/{intent}/capture")
            try check(
                await running.call(.post, intentPath + "/cancel"), "POST", "/v1/payment_intents/{intent}/cancel")
            try check(await running.call(.get, "/v1/payment_intents"), "GET", "/v1/payment_intents")
            let refund = try await running.call(
                .post, "/v1/refunds", form: "payment_intent=\(intent.id)&expand[]=charge")
            #expect(refund.status == 200)
            try check(refund, "POST", "/v1/refunds")
            try check(await running.call(.get, "/v1/refunds"), "GET", "/v1/refunds")
            let charge = try #require(intent.latestChargeID)
            try check(
                await running.call(.get, "/v1/charges/\(charge)?expand[]=payment_intent"), "GET", "/v1/charges/{charge}"
            )
            try check(await running.call(.get, "/v1/events?limit=100"), "GET", "/v1/events")
            let declined = try await running.newSession(key: "declined")
            _ = try await running.pay(declined, card: "4000000000000002")
            let failed = try await running.stripe.retrieveCheckoutSession(declined.id)
            let failedPath = "/v1/payment_intents/\(try #require(failed.paymentIntentID))"
            try check(
                await running.call(.get, failedPath + "?expand[]=latest_charge"), "GET", "/v1/payment_intents/{intent}")
            try check(await running.call(.get, "/v1/payment_intents/pi_1"), "GET", "/v1/payment_intents/{intent}")
            // The members of Stripe's newer example objects are there, too.
            for (name, object) in [
                ("checkout.session", try await running.call(.get, one)),
                ("payment_intent", try await running.call(.get, intentPath)),
            ] {
                let wanted = try members(specification.fixture(name))
                #expect(try wanted.subtracting(members(Data(object.body))).subtracting(Self.newerMembers) == [])
            }
        }
    }

    /// Of versions after the one that is pinned.
    private static let newerMembers: Set<String> = [
        "adaptive_pricing", "collected_information", "customer_account", "discounts", "excluded_payment_method_types",
        "integration_identifier", "managed_payments", "origin_context", "payment_method_configuration_details",
        "permissions", "saved_payment_method_options", "wallet_options",
    ]

    private func members(_ json: Data) throws -> Set<String> {
        Set(try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any]).keys)
    }
}
