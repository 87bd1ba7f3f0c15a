import Hummingbird

/// The two cookies of a session.
///
/// The prefix `__Host-` (RFC 6265bis, section 4.1.3.2) prevents other hosts of the domain from setting the cookies.
/// Browsers accept it only over HTTPS.
struct SessionCookies: Sendable {
    let isSecure: Bool
    let accessLifetime: Duration
    let refreshLifetime: Duration
    let secrets: RefreshSecrets

    var accessName: String { Self.accessName(isSecure: isSecure) }
    var refreshName: String { isSecure ? "__Host-gittix_refresh" : "gittix_refresh" }

    static func accessName(isSecure: Bool) -> String { isSecure ? "__Host-gittix_access" : "gittix_access" }

    func access(_ request: Request) -> String? { value(request, accessName) }

    /// Returns `nil` if the cookie is missing or its token is forged.
    func refresh(_ request: Request) -> RefreshSecret? { value(request, refreshName).flatMap(secrets.read) }

    /// True if the request has a refresh cookie, valid or not.
    func hasRefresh(_ request: Request) -> Bool { value(request, refreshName) != nil }

    func setAccess(_ token: String, on response: inout Response) {
        set(accessName, token, seconds: accessLifetime.components.seconds, on: &response)
    }

    func setRefresh(_ token: RefreshSecret, on response: inout Response) {
        set(refreshName, token.text, seconds: refreshLifetime.components.seconds, on: &response)
    }

    func clear(on response: inout Response) {
        set(accessName, "", seconds: 0, on: &response)
        set(refreshName, "", seconds: 0, on: &response)
    }

    private func value(_ request: Request, _ name: String) -> String? {
        guard let value = request.cookie(name), !value.isEmpty else { return nil }
        return value
    }

    private func set(_ name: String, _ value: String, seconds: Int64, on response: inout Response) {
        response.setCookie(
            Cookie(
                name: name, value: value, maxAge: Int(seconds), path: "/", secure: isSecure, httpOnly: true,
                sameSite: .lax))
    }
}
