import HTTPTypes
import Hummingbird

/// The `Prefer` header of a request for a command (RFC 7240): `wait=N`, in seconds, and `respond-async`. Unknown
/// preferences are ignored, as the RFC requires.
struct Preference: Sendable, Hashable {
    /// Maximum time to wait for the reply; `nil` for the default.
    var waitSeconds: Int?
    var respondAsync = false

    /// Maximum number of characters that are read.
    private static let lengthLimit = 256

    init(waitSeconds: Int) { self.waitSeconds = waitSeconds }

    init(_ headers: HTTPFields) {
        guard headers.contains(.prefer) else { return }
        let text = headers[values: .prefer].joined(separator: ",").prefix(Self.lengthLimit).lowercased()
        for preference in text.split(separator: ",") {
            let token = String(preference.split(separator: ";").first ?? "").trimmed
            if token == "respond-async" {
                respondAsync = true
            } else if token.hasPrefix("wait="), waitSeconds == nil, let seconds = Int(token.dropFirst(5)), seconds >= 0
            {
                waitSeconds = min(seconds, RequestLimits.replyWaitSeconds)
            }
        }
    }

    /// Maximum time to wait for the reply.
    func wait(default defaultWait: Duration) -> Duration {
        respondAsync ? .zero : waitSeconds.map { .seconds($0) } ?? defaultWait
    }

    /// The `Preference-Applied` header; `nil` if the request has no known preference.
    var applied: String? {
        if respondAsync { return "respond-async" }
        return waitSeconds.map { "wait=\($0)" }
    }
}

extension HTTPField {
    /// Marks the stored response to an earlier request with the same `Idempotency-Key`.
    static let idempotentReplayed = HTTPField(name: .idempotentReplayed, value: "true")
}

extension HTTPField.Name {
    static let prefer = HTTPField.Name("Prefer")!
    static let rateLimit = HTTPField.Name("RateLimit")!
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
    static let apiVersion = HTTPField.Name("API-Version")!
    static let requestID = HTTPField.Name("X-Request-Id")!
    static let traceParent = HTTPField.Name("traceparent")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let link = HTTPField.Name("Link")!
    static let stripeSignature = HTTPField.Name("Stripe-Signature")!
}
