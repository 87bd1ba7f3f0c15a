import CurlClient
import Foundation
import Marketplace
import Stripe
import Support
import Testing

@testable import StripeSandbox

/// Authentication, validation and the format of responses, as at Stripe.
@Suite(.timeLimit(.minutes(1)))
struct APITests {
    @Test func acceptsOnlyTestKeys() async throws {
        try await SandboxHarness.with { harness async throws in
            for headers in [[], [CurlRequest.Header("Authorization", "Bearer sk_live_0123456789")]] {
                let response = try await harness.call(.get, "/v1/payment_intents", headers: headers)
                #expect(response.status == 401)
                #expect(response.text.contains("invalid_request_error"))
                #expect(!response.text.contains("0123456789"))
                #expect(response[header: "request-id"]?.hasPrefix("req_") == true)
            }
            let basic = Data("sk_test_0123456789:".utf8).base64EncodedString()
            let response = try await harness.call(
                .get, "/v1/payment_intents", headers: [.init("Authorization", "Basic \(basic)")])
            #expect(response.status == 200)
            let bad = StripeClient(
                StripeConfiguration(secretKey: "sk_nonsense", apiBase: harness.base), curl: harness.curl)
            let error = await #expect(throws: StripeError.self) { try await bad.retrievePaymentIntent("pi_1") }
            #expect(error?.kind == .authentication)
        }
        var settings = SandboxSettings()
        settings.secretKeys = ["sk_test_only"]
        try await SandboxHarness.with(settings) { harness async throws in
            #expect(try await harness.call(.get, "/v1/events").status == 401)
            #expect(
                try await harness.call(.get, "/v1/events", headers: [.init("Authorization", "Bearer sk_test_only")])
                    .status
                    == 200)
        }
    }

    private static let validForm: [(String, String)] = [
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
    func rejectsAnInvalidSessionLikeStripe(_ name: String, _ value: String?, _ code: String?, _ parameter: String?)
        async throws
    {
        try await SandboxHarness.with { harness async throws in
            var form = FormBody()
            for field in Self.validForm where field.0 != name { form.add(field.0, field.1) }
            if let value { form.add(name, value) }
            let error = try await harness.error(of: .post("/v1/checkout/sessions", form, key: "k"))
            #expect(error.kind == .invalid && error.status == 400 && error.body.type == "invalid_request_error")
            #expect(error.code == code)
            #expect(error.body.parameter == parameter)
            #expect(harness.sandbox.change { state, _ in state.ledger.sessions.all.isEmpty })
        }
    }

    @Test func parsesFormVariants() async throws {
        try await SandboxHarness.with { harness async throws in
            let form = Self.validForm.map { "\($0.0)=\($0.1)" }.joined(separator: "&").replacing(
                "https://", with: "https%3a%2F%2f")
            let response = try await harness.call(
                .post, "/v1/checkout/sessions", form: form + "&expand[]=payment_intent&metadata[a]=b+c")
            #expect(response.status == 200)
            #expect(response.text.contains("\"a\": \"b c\""))
            for broken in ["a=%zz", "a=%ff", "a[b=1", "a=1&a[b]=2", "a[b]=1&a=2", "a[b][c][d][e][f][g][h][i][j]=1"] {
                #expect(try await harness.call(.post, "/v1/checkout/sessions", form: broken).status == 400)
            }
            let json = try await harness.curl.send(
                CurlRequest(
                    .post, url: "\(harness.base)/v1/refunds",
                    headers: [
                        .init("Authorization", "Bearer sk_test_0123456789"), .init("Content-Type", "application/json"),
                    ], body: Array("{}".utf8)))
            #expect(json.status == 400)
            let long = try await harness.call(.post, "/v1/refunds", form: String(repeating: "a", count: 300_000))
            #expect(long.status == 413)
        }
    }

    @Test(arguments: [
        "/v1/nothing", "/v1/checkout/sessions/cs_1/line_items", "/v1", "/v1/payment_intents/pi_1/capture",
        "/v1/customers", "/v1/webhook_endpoints", "/v1/payment_intents/search", "/v1/charges/search", "/v2/core/events",
    ])
    func rejectsUnknownPaths(_ path: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let response = try await harness.call(.get, path)
            #expect(response.status == 404)
            #expect(response.text.contains("Unrecognized request URL (GET: \(path))"))
        }
    }

    @Test(arguments: ["2024-06-20", "2011-01-01", "2025-03-31.basil", "2026-10-28.endive"])
    func acceptsStripesVersions(_ version: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let response = try await harness.call(
                .get, "/v1/events", headers: Self.headers + [.init("Stripe-Version", version)])
            #expect(response.status == 200 && response[header: "stripe-version"] == version)
        }
    }

    @Test(arguments: ["2024-06-21", "2024-06-20.acacia", "2025-03-31", "2099-01-01.zinnia", "latest"])
    func rejectsOtherVersions(_ version: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let response = try await harness.call(
                .get, "/v1/events", headers: Self.headers + [.init("Stripe-Version", version)])
            #expect(response.status == 400 && response.text.contains("Invalid Stripe API version"))
        }
    }

    private static let headers = [CurlRequest.Header("Authorization", "Bearer sk_test_0123456789")]

    /// A cursor is the id of an object of the same list.
    @Test(arguments: ["checkout/sessions", "payment_intents", "refunds", "events"])
    func rejectsUnknownCursors(_ list: String) async throws {
        try await SandboxHarness.with { harness async throws in
            let (session, intent) = try await harness.paid()
            for cursor in ["nothing", list == "payment_intents" ? session.id : intent.id] {
                for parameter in ["starting_after", "ending_before"] {
                    let error = try await harness.error(of: .get("/v1/\(list)?\(parameter)=\(cursor)"))
                    #expect(error.status == 400 && error.code == "resource_missing")
                    #expect(error.body.parameter == parameter)
                }
            }
        }
    }

    @Test(
        arguments: [
            ("type=charge.succeeded", ["charge.succeeded"]),
            ("type=charge.*", ["charge.captured", "charge.succeeded"]),
            ("types[]=charge.captured&types[]=payment_intent.created", ["charge.captured", "payment_intent.created"]),
            ("type=nothing", []), ("type=charge.captured&delivery_success=true", ["charge.captured"]),
            ("delivery_success=false", []), ("created[gt]=4000000000", []),
            ("type=charge.captured&created[gte]=1000000000&created[lt]=4000000000", ["charge.captured"]),
        ] as [(String, [String])])
    func filtersEvents(_ query: String, _ types: [String]) async throws {
        try await SandboxHarness.with { harness async throws in
            let (_, intent) = try await harness.paid()
            _ = try await harness.stripe.send(.capturePaymentIntent(intent.id, key: "capture"))
            let response = try await harness.call(.get, "/v1/events?\(query)")
            let events =
                try #require(
                    JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any])["data"]
                as? [[String: Any]]
            #expect(events?.compactMap { $0["type"] as? String } == types)
        }
    }

    @Test(arguments: ["type=a&types[]=b", "delivery_success=maybe", "colour=red"])
    func rejectsOtherFilters(_ query: String) async throws {
        try await SandboxHarness.with { harness async throws in
            #expect(try await harness.call(.get, "/v1/events?\(query)").status == 400)
        }
    }

    @Test(arguments: [
        StripeRequest.retrieveCheckoutSession("cs_1"), .retrievePaymentIntent("pi_1"), .get("/v1/charges/ch_1"),
        .get("/v1/refunds/re_1"), .retrieveEvent("evt_1"), .capturePaymentIntent("pi_1", key: "k"),
        .cancelPaymentIntent("pi_1", key: "k"), .expireCheckoutSession("cs_1", key: "k"),
        .createRefund(paymentIntent: "pi_1", key: "k"),
    ])
    func reportsMissingObjects(_ request: StripeRequest) async throws {
        try await SandboxHarness.with { harness async throws in
            let error = try await harness.error(of: request)
            #expect(error.status == 404 && error.code == "resource_missing" && error.isMissing)
        }
    }

    @Test func pagesThroughLists() async throws {
        try await SandboxHarness.with { harness async throws in
            var made: [String] = []
            for number in 0..<5 { made.append(try await harness.newSession(key: "k\(number)").id) }
            let newest = Array(made.reversed())
            func page(_ query: String) async throws -> StripeList<CheckoutSession> {
                try await harness.stripe.send(
                    StripeRequest(method: .get, path: "/v1/checkout/sessions", form: query, idempotencyKey: nil),
                    as: StripeList<CheckoutSession>.self)
            }
            let first = try await page("limit=2")
            #expect(first.data.map(\.id) == Array(newest[0..<2]) && first.hasMore)
            let rest = try await page("limit=3&starting_after=\(newest[1])")
            #expect(rest.data.map(\.id) == Array(newest[2..<5]) && !rest.hasMore)
            let before = try await page("limit=2&ending_before=\(newest[3])")
            #expect(before.data.map(\.id) == Array(newest[1..<3]) && before.hasMore)
            let since = try await harness.stripe.send(
                .listCheckoutSessions(createdSince: Timestamp.now().seconds + 60),
                as: StripeList<CheckoutSession>.self)
            #expect(since.data.isEmpty)
            let (session, intent) = try await harness.paid()
            let found = try await harness.stripe.send(
                .listCheckoutSessions(paymentIntent: intent.id), as: StripeList<CheckoutSession>.self)
            #expect(found.data.map(\.id) == [session.id])
            #expect(try await harness.call(.get, "/v1/checkout/sessions?limit=101").status == 400)
        }
    }

    @Test(.enabled(if: StripeSpecification.isAvailable, Comment(rawValue: StripeSpecification.unavailableReason)))
    func responsesMatchStripesSpecification() async throws {
        let specification = try #require(StripeSpecification.shared)
        try await SandboxHarness.with { harness async throws in
            func check(_ response: CurlResponse, _ method: String, _ path: String) throws {
                let problems = try specification.problems(
                    ofResponse: Data(response.body), method: method, path: path, status: response.status)
                #expect(problems == [], "\(method) \(path)")
            }
            let form = SandboxHarness.parameters().form.encoded
            try check(await harness.call(.post, "/v1/checkout/sessions", form: form), "POST", "/v1/checkout/sessions")
            let (session, intent) = try await harness.paid()
            let one = "/v1/checkout/sessions/\(session.id)"
            try check(
                await harness.call(.get, one + "?expand[]=payment_intent.latest_charge&expand[]=line_items"), "GET",
                "/v1/checkout/sessions/{session}")
            try check(await harness.call(.get, "/v1/checkout/sessions"), "GET", "/v1/checkout/sessions")
            try check(await harness.call(.post, one + "/expire"), "POST", "/v1/checkout/sessions/{session}/expire")
            let intentPath = "/v1/payment_intents/\(intent.id)"
            try check(
                await harness.call(.get, intentPath + "?expand[]=latest_charge"), "GET", "/v1/payment_intents/{intent}")
            try check(
                await harness.call(.post, intentPath + "/capture"), "POST", "/v1/payment_intents/{intent}/capture")
            try check(
                await harness.call(.post, intentPath + "/cancel"), "POST", "/v1/payment_intents/{intent}/cancel")
            try check(await harness.call(.get, "/v1/payment_intents"), "GET", "/v1/payment_intents")
            let refund = try await harness.call(
                .post, "/v1/refunds", form: "payment_intent=\(intent.id)&expand[]=charge")
            #expect(refund.status == 200)
            try check(refund, "POST", "/v1/refunds")
            try check(await harness.call(.get, "/v1/refunds"), "GET", "/v1/refunds")
            let charge = try #require(intent.latestChargeID)
            try check(
                await harness.call(.get, "/v1/charges/\(charge)?expand[]=payment_intent"), "GET", "/v1/charges/{charge}"
            )
            try check(await harness.call(.get, "/v1/events?limit=100"), "GET", "/v1/events")
            let declined = try await harness.newSession(key: "declined")
            _ = try await harness.pay(declined, card: "4000000000000002")
            let failed = try await harness.stripe.retrieveCheckoutSession(declined.id)
            let failedPath = "/v1/payment_intents/\(try #require(failed.paymentIntentID))"
            try check(
                await harness.call(.get, failedPath + "?expand[]=latest_charge"), "GET", "/v1/payment_intents/{intent}")
            try check(await harness.call(.get, "/v1/payment_intents/pi_1"), "GET", "/v1/payment_intents/{intent}")
            // The responses also have the members of Stripe's newer example objects.
            for (name, object) in [
                ("checkout.session", try await harness.call(.get, one)),
                ("payment_intent", try await harness.call(.get, intentPath)),
            ] {
                let expected = try members(specification.fixture(name))
                #expect(try expected.subtracting(members(Data(object.body))).subtracting(Self.newerMembers) == [])
            }
        }
    }

    /// Members that exist only in versions of Stripe's API after the pinned version.
    private static let newerMembers: Set<String> = [
        "adaptive_pricing", "collected_information", "customer_account", "discounts", "excluded_payment_method_types",
        "integration_identifier", "managed_payments", "origin_context", "payment_method_configuration_details",
        "permissions", "saved_payment_method_options", "wallet_options",
    ]

    private func members(_ json: Data) throws -> Set<String> {
        Set(try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any]).keys)
    }
}
