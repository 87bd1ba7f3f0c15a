import Bootstrap
import HTTPTypes
import Hummingbird
import Logging
import Marketplace
import Metrics
import NIOCore
import Passwords

/// What every request passes first and every answer last: its id and trace, the problem details of whatever failed, the
/// headers that every answer has, and one line in the log.
struct Front<Inner: HTTPResponder>: HTTPResponder where Inner.Context == APIContext {
    let inner: Inner
    let log: AnswerLog
    let routes: RouteTable
    /// Whether the pages are served by https, so that browsers may be told to keep to it.
    let secure: Bool
    /// How long a body may take to come.
    let bodyTime: Duration
    /// Answers what has no route.
    let unrouted: @Sendable (Problem, Request, APIContext) async -> Response

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.bodyTime = bodyTime
        let trace = request.headers[.traceParent].flatMap(TraceContext.init(traceparent:))?.child()
        context.trace = trace ?? TraceContext()
        // A trace that begins here is of this request alone. One that goes on may be of many.
        context.requestID =
            Self.requestID(request.headers) ?? (trace == nil ? context.trace.traceID : TraceContext().traceID)
        var response: Response
        do {
            response = try await inner.respond(to: request, context: context)
            if context.endpointPath == "NotFound" { response = await unrouted(noRoute(request), request, context) }
        } catch {
            response = Problem.telling(error, context).response(path: request.uri.path, requestID: context.requestID)
            if request.method == .head { response = response.createHeadResponse() }
        }
        addHeaders(&response, context)
        tell(request, response, context, took: ContinuousClock.now - start)
        return response
    }

    /// The client's, when it is one that can stand in a log.
    private static func requestID(_ headers: HTTPFields) -> String? {
        guard let id = headers[.requestID], (1...64).contains(id.utf8.count), id.utf8.allSatisfy(isPlain) else {
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

    private func addHeaders(_ response: inout Response, _ context: APIContext) {
        response.headers.append(HTTPField(name: .requestID, value: context.requestID))
        response.headers.append(Fixed.contentTypeOptions)
        response.headers.append(Fixed.referrer)
        if !response.headers.contains(.contentSecurityPolicy) { response.headers.append(Fixed.contentSecurity) }
        if !response.headers.contains(.cacheControl) { response.headers.append(Fixed.cache) }
        if secure { response.headers.append(Fixed.transport) }
    }

    /// The route, never the path or the query: what stands in them is nobody's business but the client's.
    private func tell(_ request: Request, _ response: Response, _ context: APIContext, took: Duration) {
        let milliseconds = Double(took.wholeMicroseconds) / 1000
        let route = context.endpointPath ?? "-"
        let isProbe = route.utf8.last == UInt8(ascii: "z")
        let status = String(response.status.code)
        log.write(
            .init(
                method: request.method.rawValue, route: route, status: status, milliseconds: "\(milliseconds)",
                requestID: context.requestID, traceID: context.trace.traceID),
            level: response.status.code >= 500 ? .warning : isProbe ? .debug : .info)
        Timer(
            label: "http_requests",
            dimensions: [("method", request.method.rawValue), ("route", route), ("status", status)]
        ).recordMicroseconds(took.wholeMicroseconds)
    }
}

/// What is the same in every answer, checked once.
private enum Fixed {
    static let contentTypeOptions = HTTPField(name: .xContentTypeOptions, value: "nosniff")
    /// Not `no-referrer`: with it a browser sends `Origin: null` with the forms of our own pages.
    static let referrer = HTTPField(name: .referrerPolicy, value: "same-origin")
    static let contentSecurity = HTTPField(
        name: .contentSecurityPolicy,
        value: "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
    static let cache = HTTPField(name: .cacheControl, value: "no-store")
    static let transport = HTTPField(name: .strictTransportSecurity, value: "max-age=31536000")
}
