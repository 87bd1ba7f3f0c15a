import CurlClient
import Foundation
import Logging
import Marketplace
import ServiceLifecycle
import Stripe
import Support
import Synchronization

@testable import StripeSandbox

/// A sandbox in the test process, with GitTix's Stripe client and a buyer's browser.
struct SandboxHarness: Sendable {
    let sandbox: Sandbox
    let base: String
    let stripe: StripeClient
    let curl: CurlClient

    static func with(
        _ settings: SandboxSettings = SandboxSettings(), _ body: (SandboxHarness) async throws -> Void
    ) async throws {
        var settings = settings
        settings.port = 0
        let (ports, portsContinuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let application = SandboxApplication(settings, logger: logger, signals: []) { port in
            portsContinuation.yield(port)
        }
        let curl = CurlClient()
        let running = Task {
            defer { portsContinuation.finish() }
            try await application.run()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            _ = try await running.value
            return
        }
        let base = "http://127.0.0.1:\(port)"
        let stripe = StripeClient(StripeConfiguration(secretKey: "sk_test_0123456789", apiBase: base), curl: curl)
        let started = SandboxHarness(sandbox: application.sandbox, base: base, stripe: stripe, curl: curl)
        let result: Result<Void, any Error>
        do { result = .success(try await body(started)) } catch { result = .failure(error) }
        await application.services.triggerGracefulShutdown()
        await curl.shutdown()
        try await running.value
        try result.get()
    }

    // MARK: GitTix

    static let order = OrderID("0198a000-0000-7000-8000-000000000001")!

    static func parameters(
        attempt: Int = 1, unitAmount: Int64 = 2_500, currency: String = "USD", lifetime: Duration = .seconds(1_900)
    ) -> CheckoutSessionParameters {
        CheckoutSessionParameters(
            orderID: order, attempt: attempt, title: "Night & day <live>", unitAmount: unitAmount,
            currency: Currency(rawValue: currency)!, quantity: 2,
            successURL: "http://shop.test/orders/1?session={CHECKOUT_SESSION_ID}",
            cancelURL: "http://shop.test/orders/1",
            expiresAt: .now() + lifetime)
    }

    func newSession(key: String = "create") async throws -> CheckoutSession {
        try await stripe.send(.createCheckoutSession(Self.parameters(), key: key), as: CheckoutSession.self)
    }

    /// A session paid with the card, and its PaymentIntent.
    func paid(card: String = "4242424242424242") async throws -> (session: CheckoutSession, intent: PaymentIntent) {
        let session = try await newSession(key: UUID().uuidString)
        _ = try await pay(session, card: card)
        let paid = try await stripe.retrieveCheckoutSession(session.id)
        guard let intent = paid.paymentIntent else { throw SupportError("The session has no PaymentIntent") }
        return (paid, intent)
    }

    // MARK: The buyer's browser

    func pay(
        _ session: CheckoutSession, card: String, expiry: String = "12/40", cvc: String = "123", name: String = "Ann Bo"
    ) async throws -> CurlResponse {
        try await post(
            session.url ?? "\(base)/c/pay/\(session.id)",
            [("number", card), ("expiry", expiry), ("cvc", cvc), ("name", name)])
    }

    func post(_ url: String, _ fields: [(String, String)]) async throws -> CurlResponse {
        var form = FormBody()
        for (name, value) in fields { form.add(name, value) }
        return try await curl.send(
            CurlRequest(
                .post, url: url, headers: [.init("Content-Type", "application/x-www-form-urlencoded")],
                body: Array(form.encoded.utf8)))
    }

    func get(_ url: String) async throws -> CurlResponse {
        try await curl.send(CurlRequest(url: url))
    }

    // MARK: Control and raw calls

    func addFault(_ json: String) async throws {
        let response = try await curl.send(
            CurlRequest(.post, url: "\(base)/_sandbox/faults", body: Array(json.utf8)))
        guard response.status == 201 else { throw SupportError("The fault was rejected: \(response.text)") }
    }

    func advanceClock(seconds: Int) async throws {
        let body = Array(#"{"advanceSeconds": \#(seconds)}"#.utf8)
        let response = try await curl.send(CurlRequest(.post, url: "\(base)/_sandbox/clock", body: body))
        guard response.status == 200 else { throw SupportError("The clock was not advanced: \(response.text)") }
    }

    func call(
        _ method: CurlRequest.Method, _ path: String, form: String = "", key: String? = nil,
        headers: [CurlRequest.Header] = [.init("Authorization", "Bearer sk_test_0123456789")]
    ) async throws -> CurlResponse {
        var headers = headers
        if method == .post { headers.append(.init("Content-Type", "application/x-www-form-urlencoded")) }
        if let key { headers.append(.init("Idempotency-Key", key)) }
        return try await curl.send(
            CurlRequest(method, url: base + path, headers: headers, body: Array(form.utf8)))
    }

    func eventTypes() -> [String] {
        sandbox.change { state, _ in state.ledger.events.all.map(\.type) }
    }

    /// Returns the error of a request, and throws if the request succeeds.
    func error(of request: StripeRequest) async throws -> StripeError {
        do throws(StripeError) { _ = try await stripe.send(request) } catch { return error }
        throw SupportError("\(request.path) succeeded")
    }
}

extension CurlResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}
