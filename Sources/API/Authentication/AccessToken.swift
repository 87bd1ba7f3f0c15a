import FoundationEssentials
import JWTKit
import Marketplace

/// The claims of an access token.
struct AccessToken: JWTPayload, Hashable {
    static let issuer = "gittix"

    var iss = AccessToken.issuer
    var aud = AccessToken.issuer
    /// The user.
    var sub: UserID
    /// The session that it was made in.
    var sid: SessionID
    /// The version of the user.
    var ver: Int64
    var role: UserState.Role
    /// Seconds since 1970.
    var iat: Int64
    var exp: Int64

    var requester: Requester {
        Requester(id: sub, session: sid, version: ver, role: role, expiresAt: Timestamp(seconds: exp))
    }

    /// The times are looked at by ``AccessTokens``, with the clock that it is given.
    func verify(using algorithm: some JWTAlgorithm) async throws {
        guard iss == Self.issuer, aud == Self.issuer else {
            throw JWTError.claimVerificationFailure(failedClaim: nil, reason: "issued by or for someone else")
        }
    }
}
