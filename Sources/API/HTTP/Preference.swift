import HTTPTypes
import Hummingbird

/// What a client asks of the waiting for a command's reply (RFC 7240): `Prefer: wait=N`, in seconds, and
/// `respond-async`. What is not understood is passed over, as the RFC says.
struct Preference: Sendable, Hashable {
    /// Nil: as long as is usual.
    var waitSeconds: Int?
    var respondAsync = false

    /// The longest wait; a longer one that is asked for is cut to it.
    static let longestSeconds = 30

    init(waitSeconds: Int) { self.waitSeconds = waitSeconds }

    init(_ headers: HTTPFields) {
        guard headers.contains(.prefer) else { return }
        for preference in headers[values: .prefer].joined(separator: ",").lowercased().split(separator: ",") {
            let token = String(preference.split(separator: ";").first ?? "").trimmed
            if token == "respond-async" {
                respondAsync = true
            } else if token.hasPrefix("wait="), waitSeconds == nil, let seconds = Int(token.dropFirst(5)), seconds >= 0
            {
                waitSeconds = min(seconds, Self.longestSeconds)
            }
        }
    }

    /// How long to wait for a reply.
    func wait(usual: Duration) -> Duration { respondAsync ? .zero : waitSeconds.map { .seconds($0) } ?? usual }

    /// The `Preference-Applied` header, where there is something to tell.
    var applied: String? {
        if respondAsync { return "respond-async" }
        return waitSeconds.map { "wait=\($0)" }
    }
}

extension HTTPField.Name {
    static let prefer = HTTPField.Name("Prefer")!
    static let preferenceApplied = HTTPField.Name("Preference-Applied")!
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let requestID = HTTPField.Name("X-Request-Id")!
    static let traceParent = HTTPField.Name("traceparent")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let link = HTTPField.Name("Link")!
    static let stripeSignature = HTTPField.Name("Stripe-Signature")!
}
