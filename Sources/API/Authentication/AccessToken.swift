import FoundationEssentials
import JWTKit
import Marketplace

/// The claims of an access token.
struct AccessToken: JWTPayload, Hashable {
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

    var requester: Requester {
        Requester(id: sub, session: sid, version: ver, role: role, expiresAt: Timestamp(seconds: exp))
    }

    /// Checks the issuer and the audience. ``AccessTokens`` checks the times, because it receives the present time.
    func verify(using algorithm: some JWTAlgorithm) async throws {
        guard iss == Self.issuer, aud == Self.issuer else {
            throw JWTError.claimVerificationFailure(failedClaim: nil, reason: "issued by or for another system")
        }
    }
}
