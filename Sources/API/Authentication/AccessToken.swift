import Marketplace

/// The claims of an access token (RFC 7519, section 4.1).
struct AccessToken: Codable, Hashable {
    static let issuer = "gittix"

    var iss = AccessToken.issuer
    var aud = AccessToken.issuer
    /// The id of the user.
    var sub: UserID
    /// The session that the token belongs to.
    var sid: SessionID
    /// The version of the user when the token was signed.
    var ver: Int64
    var role: UserState.Role
    /// Issued at, in seconds since 1970.
    var iat: Int64
    /// Expires at, in seconds since 1970.
    var exp: Int64

    /// False if the token was issued by or for another system.
    var isOwn: Bool { iss == Self.issuer && aud == Self.issuer }

    var requester: Requester {
        Requester(id: sub, session: sid, version: ver, role: role, expiresAt: Timestamp(seconds: exp))
    }
}
