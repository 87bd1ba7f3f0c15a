public import CurlClient
import JSONCoding

/// Sends each request to Stripe once. The caller decides whether to retry.
public final class StripeClient: Sendable {
    public let configuration: StripeConfiguration
    private let curl: CurlClient

    public init(_ configuration: StripeConfiguration, curl: CurlClient) {
        self.configuration = configuration
        self.curl = curl
    }

    public func send(_ request: StripeRequest) async throws(StripeError) -> StripeResponse {
        let label = "\(request.method.rawValue) \(request.path)"
        let response: CurlResponse
        do {
            response = try await curl.send(curlRequest(request))
        } catch {
            throw StripeError(error, request: label)
        }
        let requestID = response[header: "request-id"]
        if (200..<300).contains(response.status) {
            return StripeResponse(
                request: label, status: response.status, body: response.body, requestID: requestID,
                isReplay: response[header: "idempotent-replayed"] == "true")
        }
        let body = (try? JSONBytes.decode(ErrorEnvelope.self, from: response.body))?.error
        throw StripeError(
            kind: StripeError.kind(status: response.status, type: body?.type), request: label, status: response.status,
            body: body ?? StripeErrorBody(), requestID: requestID,
            retryAfter: response[header: "retry-after"].flatMap(Int64.init).map { .seconds(max(0, $0)) },
            // If Stripe rejects a request (4xx), it does so before any effect. After a 5xx, the effect is unknown.
            mayHaveTakenEffect: response.status >= 500)
    }

    public func send<Object: Decodable>(
        _ request: StripeRequest, as type: Object.Type
    ) async throws(StripeError) -> Object {
        try await send(request).decode(type)
    }

    private func curlRequest(_ request: StripeRequest) -> CurlRequest {
        var headers: [CurlRequest.Header] = [
            .init("Authorization", "Bearer \(configuration.secretKey)"),
            .init("Stripe-Version", configuration.version),
            .init("Accept", "application/json"),
        ]
        if let key = request.idempotencyKey { headers.append(.init("Idempotency-Key", key)) }
        var url = configuration.apiBase + request.path
        switch request.method {
        case .get: if !request.form.isEmpty { url += "?\(request.form)" }
        case .post: headers.append(.init("Content-Type", "application/x-www-form-urlencoded"))
        }
        return CurlRequest(
            request.method == .get ? .get : .post, url: url, headers: headers,
            body: request.method == .get ? [] : Array(request.form.utf8),
            connectTimeout: configuration.connectTimeout, timeout: configuration.timeout)
    }

    private struct ErrorEnvelope: Decodable {
        var error: StripeErrorBody
    }
}

// MARK: Reads

extension StripeClient {
    public func retrieveCheckoutSession(_ id: String) async throws(StripeError) -> CheckoutSession {
        try await send(.retrieveCheckoutSession(id), as: CheckoutSession.self)
    }

    public func retrievePaymentIntent(_ id: String) async throws(StripeError) -> PaymentIntent {
        try await send(.retrievePaymentIntent(id), as: PaymentIntent.self)
    }
}
