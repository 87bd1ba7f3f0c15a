import Bootstrap
import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import Metrics
import NIOCore
import Passwords

/// Handles every request first and every response last: request id and trace, problem details of errors, common
/// headers, one line in the access log, and metrics.
struct RootResponder<Inner: HTTPResponder>: Sendable where Inner.Context == APIContext {
    let inner: Inner
    let log: AccessLog
    let addresses: ClientAddress
    let routes: RouteTable
    /// True if the pages are served over HTTPS, so that browsers must keep using it.
    let isSecure: Bool
    /// Maximum time for a body to arrive.
    let bodyTimeout: Duration
    let unrouted: UnroutedResponder

    func response(to request: Request, context: APIContext) async -> Response {
        let start = ContinuousClock.now
        var context = context
        context.bodyTimeout = bodyTimeout
        let trace = request.headers[.traceParent].flatMap(TraceContext.init(traceparent:))?.child()
        context.trace = trace ?? TraceContext()
        // A new trace contains only this request, so its id can be the request's id. A continued trace may contain many
        // requests.
        context.requestID =
            Self.requestID(request.headers) ?? (trace == nil ? context.trace.traceID : TraceContext().traceID)
        let isForPrograms = request.uri.path.hasPrefix("/api/")
        var response: Response
        do {
            if isForPrograms { try APIVersion.check(request.headers) }
            if request.method == .options {
                response = try options(request)
            } else if let canonical = CanonicalPath.of(request.uri.path) {
                response = try Self.redirect(request, to: canonical)
            } else {
                response = try await inner.respond(to: request, context: context)
            }
            if context.endpointPath == "NotFound" {
                response = await unrouted.response(to: request, context, noRoute(request))
            }
            response = try response.onCondition(of: request)
        } catch {
            response = Problem.report(error, context).response(path: request.uri.path, requestID: context.requestID)
            if request.method == .head { response = response.createHeadResponse() }
        }
        if isForPrograms { response.headers.append(APIVersion.field) }
        if request.headers.contains(.origin), request.method != .options, CrossOrigin.isAllowed(request.uri.path) {
            CrossOrigin.add(to: &response.headers)
        }
        response.headers.append(HTTPField(name: .date, value: HTTPDate.now))
        CommonHeaders.add(to: &response.headers, requestID: context.requestID, isSecure: isSecure)
        record(request, response, context, duration: ContinuousClock.now - start)
        return response
    }

    /// Redirects a request for a page to the canonical spelling of its path.
    ///
    /// - Throws: ``Problem`` (404) for a path of the JSON API, and for a method other than GET and HEAD.
    private static func redirect(_ request: Request, to path: String) throws(Problem) -> Response {
        guard request.method == .get || request.method == .head, !path.hasPrefix("/api/") else { throw .noRoute }
        let query = request.uri.query.map { "?\($0)" } ?? ""
        return Response(status: .permanentRedirect, headers: [.location: path + query])
    }

    /// The response to OPTIONS: the methods of a path or, for `*`, of the server (RFC 9110, section 9.3.7).
    private func options(_ request: Request) throws(Problem) -> Response {
        let path = request.uri.path
        let methods = path == "*" ? RouteTable.allMethods : routes.methods(at: path)
        guard !methods.isEmpty else { throw .noRoute }
        let allowed = methods.joined(separator: ", ")
        var headers: HTTPFields = [:]
        if request.headers.contains(.origin), CrossOrigin.isAllowed(path) {
            headers = CrossOrigin.preflight(methods: allowed)
        }
        headers[.allow] = allowed
        return Response(status: .noContent, headers: headers)
    }

    /// The client's request id, if it is safe to log.
    private static func requestID(_ headers: HTTPFields) -> String? {
        guard let id = headers[.requestID], RequestLimits.requestIDBytes.contains(id.utf8.count),
            id.utf8.allSatisfy(isPlain)
        else {
            return nil
        }
        return id
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func noRoute(_ request: Request) -> Problem {
        let methods = routes.methods(at: request.uri.path)
        return methods.isEmpty ? .noRoute : .method(allowed: methods)
    }

    /// Writes the access log and the metrics. They contain the route, but never the path or the query, which may hold
    /// private data. Of the client's address, the access log contains only the part that
    /// ``ClientAddress/shortened(_:)`` returns. The security log has the addresses of sign-ins (for IPv6, the first 64
    /// bits).
    private func record(_ request: Request, _ response: Response, _ context: APIContext, duration: Duration) {
        let milliseconds = Double(duration.wholeMicroseconds) / 1000
        let route = context.endpointPath ?? "-"
        let isProbe = route.utf8.last == UInt8(ascii: "z")
        let status = String(response.status.code)
        let problem = response.status.code >= 400 ? context.record.problem : nil
        log.write(
            .init(
                method: request.method.rawValue, route: route, status: response.status.code,
                milliseconds: milliseconds, client: ClientAddress.shortened(addresses.of(request, context)),
                user: context.record.user?.description, problem: problem,
                requestID: context.requestID, traceID: context.trace.traceID),
            level: response.status.code >= 500 ? .warning : isProbe ? .debug : .info)
        Timer(
            label: "http_requests",
            dimensions: [("method", request.method.rawValue), ("route", route), ("status", status)]
        ).recordMicroseconds(duration.wholeMicroseconds)
        // The codes are a closed set, so the number of dimensions is bounded.
        if let problem { Counter(label: "http_problems", dimensions: [("problem", problem)]).increment() }
    }
}
