import HTTPTypes
import Hummingbird

/// Detects requests that a browser sends on behalf of a page of another site
/// (https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html).
///
/// Every current browser sends `Sec-Fetch-Site`, and `Origin` with unsafe methods. A request with neither comes from a
/// program. It is allowed, because no page controls a program or its cookies.
struct OriginCheck: Sendable {
    /// The scheme, host and port of the pages: `https://gittix.example`.
    let ownOrigin: String

    func allows(_ request: Request) -> Bool {
        switch request.method {
        case .get, .head, .options, .trace: return true
        default: break
        }
        if let site = request.headers[.secFetchSite] { return site == "same-origin" || site == "none" }
        guard let origin = request.headers[.origin] else { return true }
        if origin == ownOrigin { return true }
        // Anyone in the network can forge a page that is not encrypted.
        if ownOrigin.hasPrefix("https://"), !origin.hasPrefix("https://") { return false }
        // The origin may be this server under another name: behind a tunnel, or by its IP address.
        guard let authority = request.head.authority, let start = origin.firstRange(of: "://") else { return false }
        return origin[start.upperBound...] == authority
    }
}
