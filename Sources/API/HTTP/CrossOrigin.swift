import HTTPTypes
import Hummingbird

/// Decides which responses the scripts of other sites may read (https://fetch.spec.whatwg.org/#http-cors-protocol).
///
/// Every site may use the JSON API without cookies: public reads, and calls with a token. With
/// `Access-Control-Allow-Origin: *`, a browser does not let a script read the response to a request that had cookies.
/// ``OriginMiddleware`` and ``Authentication`` refuse changes that another site's page makes without a token.
enum CrossOrigin {
    static func isAllowed(_ path: String) -> Bool { path.hasPrefix("/api/") || path == "/openapi.json" }

    /// Adds the fields that let a script of another site read the response.
    static func add(to headers: inout HTTPFields) {
        headers.append(anyOrigin)
        headers.append(exposed)
    }

    /// The fields of the response to a preflight request.
    static func preflight(methods: String) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields.append(anyOrigin)
        fields.append(allowedHeaders)
        fields.append(maxAge)
        fields[.accessControlAllowMethods] = methods
        return fields
    }

    private static let anyOrigin = HTTPField(name: .accessControlAllowOrigin, value: "*")
    private static let exposed = HTTPField(
        name: .accessControlExposeHeaders,
        value: "API-Version, ETag, Idempotent-Replayed, Link, Location, Preference-Applied, RateLimit, "
            + "RateLimit-Policy, Retry-After, X-Request-Id")
    private static let allowedHeaders = HTTPField(
        name: .accessControlAllowHeaders,
        value: "API-Version, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, "
            + "traceparent, X-Request-Id")
    /// Two hours: Chromium allows no more.
    private static let maxAge = HTTPField(name: .accessControlMaxAge, value: "7200")
}
