import HTTPTypes
import Hummingbird

/// Tells requests of our own pages from those that another site's page makes a browser send
/// (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html).
///
/// Every browser of today sends `Sec-Fetch-Site`, and with unsafe methods `Origin`. A request with neither comes from a
/// program, which no page can steer, so it may pass: its cookies are its own.
struct OriginCheck: Sendable {
    /// The scheme, host and port that the pages are served at: `https://gittix.example`.
    let ownOrigin: String

    func allows(_ request: Request) -> Bool {
        switch request.method {
        case .get, .head, .options, .trace: return true
        default: break
        }
        if let site = request.headers[.secFetchSite] { return site == "same-origin" || site == "none" }
        guard let origin = request.headers[.origin] else { return true }
        if origin == ownOrigin { return true }
        // The same server under another name of its own: behind a tunnel, or by its address.
        guard let authority = request.head.authority, let start = origin.firstRange(of: "://") else { return false }
        return origin[start.upperBound...] == authority
    }
}
