import Hummingbird

/// The two cookies of a session.
///
/// `__Host-` (RFC 6265bis, section 4.1.3.2) keeps other hosts of the same domain from setting them; browsers take it
/// over https alone.
struct SessionCookies: Sendable {
    let secure: Bool
    let accessLife: Duration
    let refreshLife: Duration
    let secrets: RefreshSecrets

    var accessName: String { secure ? "__Host-gittix_access" : "gittix_access" }
    var refreshName: String { secure ? "__Host-gittix_refresh" : "gittix_refresh" }

    func access(_ request: Request) -> String? { value(request, accessName) }

    /// Nil when there is none, or it was not made here.
    func refresh(_ request: Request) -> RefreshSecret? { value(request, refreshName).flatMap(secrets.read) }

    /// Whether the request has a refresh cookie, of whatever worth.
    func hasRefresh(_ request: Request) -> Bool { value(request, refreshName) != nil }

    func setAccess(_ token: String, on response: inout Response) {
        set(accessName, token, seconds: accessLife.components.seconds, on: &response)
    }

    func setRefresh(_ token: RefreshSecret, on response: inout Response) {
        set(refreshName, token.text, seconds: refreshLife.components.seconds, on: &response)
    }

    func clear(on response: inout Response) {
        set(accessName, "", seconds: 0, on: &response)
        set(refreshName, "", seconds: 0, on: &response)
    }

    private func value(_ request: Request, _ name: String) -> String? {
        guard let value = request.cookies[name]?.value, !value.isEmpty else { return nil }
        return value
    }

    private func set(_ name: String, _ value: String, seconds: Int64, on response: inout Response) {
        response.setCookie(
            Cookie(
                name: name, value: value, maxAge: Int(seconds), path: "/", secure: secure, httpOnly: true,
                sameSite: .lax))
    }
}
