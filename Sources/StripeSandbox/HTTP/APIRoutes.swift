import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The operations of Stripe's API that ``Operation`` lists.
struct APIRoutes: Sendable {
    static let maxBodyBytes = 256 << 10

    /// Thrown if a fault loses the response.
    struct ResponseLost: Error {}

    let sandbox: Sandbox
    let logger: Logger

    func add(to router: Router<BasicRequestContext>) {
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
            for path in ["/v1", "/v1/**", "/v2/**"] {
                router.on(RouterPath(path), method: method) { request, _ in
                    try await respond(to: request)
                }
            }
        }
    }

    private func respond(to request: Request) async throws -> Response {
        let requestID = ObjectID.request()
        let method = request.method.rawValue
        let path = request.uri.path
        var key: String?
        let response: APIResponse
        do {
            let call = try await call(request, requestID: requestID)
            key = call.idempotencyKey
            response = try await run(call)
        } catch is ResponseLost {
            return Self.truncatedResponse()
        } catch let failure as StripeFailure {
            response = APIResponse(failure)
        }
        var metadata: Logger.Metadata = ["request": "\(requestID)"]
        if let key { metadata["key"] = "\(key)" }
        if response.isReplay { metadata["replayed"] = "true" }
        logger.info("\(method) \(path) \(response.status)", metadata: metadata)
        var headers: HTTPFields = [
            .contentType: "application/json", .cacheControl: "no-cache, no-store",
            .requestID: requestID, .stripeVersion: APIVersion.used(by: request.headers[.stripeVersion]),
        ]
        if let key { headers[.idempotencyKey] = key }
        if response.isReplay { headers[.idempotentReplayed] = "true" }
        if let seconds = response.retryAfterSeconds { headers[.retryAfter] = String(seconds) }
        return Response(
            status: .init(code: response.status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: response.body)))
    }

    /// Executes the call and returns the response. A fault may delay the call or the response, or lose the response.
    private func run(_ call: Sandbox.Call) async throws -> APIResponse {
        let fault: FaultRule?
        switch try sandbox.begin(call) {
        case .respond(let response): return response
        case .proceed(let rule): fault = rule
        }
        let delay = fault?.kind == .delay ? Duration.milliseconds(fault?.delayMilliseconds ?? 0) : .zero
        if let fault, fault.kind == .delay, !fault.isAfterEffect {
            do { try await Task.sleep(for: delay) } catch {
                sandbox.abandon(call)
                throw error
            }
        }
        let response = sandbox.perform(call, fault: fault)
        if let fault, fault.kind == .delay, fault.isAfterEffect { try await Task.sleep(for: delay) }
        if let fault, fault.kind == .loseResponse {
            logger.info(
                "\(call.method) \(call.path) \(response.status), response dropped because of a fault",
                metadata: ["request": "\(call.requestID)"])
            throw ResponseLost()
        }
        return response
    }

    /// A response whose connection closes in the middle of the body. If the connection closed before the first byte,
    /// some clients would not see a fault: libcurl, for example, would resend the request if the connection was reused.
    private static func truncatedResponse() -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: 1_024) { writer in
                try await writer.write(ByteBuffer(string: "{"))
                throw ResponseLost()
            })
    }

    private func call(_ request: Request, requestID: String) async throws -> Sandbox.Call {
        try authenticate(request)
        let method = request.method.rawValue
        let path = request.uri.path
        guard let (operation, id) = Operation.match(method: method, path: path) else {
            throw StripeFailure(
                status: 404, type: "invalid_request_error",
                message: "Unrecognized request URL (\(method): \(path)). If you are trying to list objects, remove the "
                    + "trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) "
                    + "identifier in your code.")
        }
        let version = request.headers[.stripeVersion] ?? Ledger.Cause.defaultVersion
        guard APIVersion.known.contains(version) else {
            throw StripeFailure.invalid("Invalid Stripe API version: \(version)")
        }
        return Sandbox.Call(
            method: method, path: path, operation: operation, id: id, parameters: try await parameters(request),
            idempotencyKey: request.method == .post ? request.headers[.idempotencyKey] : nil, requestID: requestID,
            apiVersion: version, publicURL: publicURL(request))
    }

    private func parameters(_ request: Request) async throws -> Parameters {
        guard request.method == .post else {
            return Parameters(try FormTree(encoded: (request.uri.query ?? "").utf8))
        }
        var request = request
        guard let buffer = try? await request.collectBody(upTo: Self.maxBodyBytes) else {
            throw StripeFailure(
                status: 413, type: "invalid_request_error", message: "The body exceeds \(Self.maxBodyBytes) bytes.")
        }
        guard buffer.readableBytes > 0 else { return Parameters(.branch([:])) }
        let type = request.headers[.contentType] ?? ""
        guard type.lowercased().hasPrefix("application/x-www-form-urlencoded") else {
            throw StripeFailure.invalid(
                "Invalid request (check that your POST content type is application/x-www-form-urlencoded).")
        }
        return Parameters(try FormTree(encoded: buffer.readableBytesView))
    }

    private func authenticate(_ request: Request) throws {
        guard let header = request.headers[.authorization] else {
            throw StripeFailure.authentication(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                    + "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').")
        }
        let key = Self.key(header)
        let keys = sandbox.settings.secretKeys
        guard keys.isEmpty ? key.hasPrefix("sk_test_") && key.count > 8 : keys.contains(key) else {
            throw StripeFailure.authentication("Invalid API Key provided: \(key.prefix(8))****\(key.suffix(4))")
        }
    }

    /// Returns the key in an `Authorization` header: `Bearer KEY`, or `Basic` with the key as the user name, as in
    /// `curl -u KEY:`.
    private static func key(_ header: String) -> String {
        if header.hasPrefix("Bearer ") { return String(header.dropFirst(7)) }
        guard header.hasPrefix("Basic "), let data = Data(base64Encoded: String(header.dropFirst(6))) else { return "" }
        return String(String(decoding: data, as: UTF8.self).prefix { $0 != ":" })
    }

    private func publicURL(_ request: Request) -> String {
        sandbox.settings.publicURL ?? "http://\(request.head.authority ?? "localhost")"
    }
}

extension HTTPField.Name {
    static let requestID = HTTPField.Name("Request-Id")!
    static let stripeVersion = HTTPField.Name("Stripe-Version")!
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
}
