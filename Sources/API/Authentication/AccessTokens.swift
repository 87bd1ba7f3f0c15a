import Crypto
import JSONCoding
import Marketplace

/// Signs and verifies access tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA256 (HS256; RFC 7515, appendix A.1), and a
/// `kid` that identifies the signing secret. All other algorithms are refused.
struct AccessTokens: Sendable {
    let lifetime: Duration
    private let keys: [Key]
    private let verified = VerifiedTokenCache()

    private struct Key: Sendable {
        let id: String
        /// Made once from the secret and copied for each token, because making it takes longer than computing the code
        /// of a token.
        let code: HMAC<SHA256>
    }

    private struct Header: Codable {
        var alg: String
        var kid: String
        /// Extensions that a reader must understand (RFC 7515, section 4.1.11). There are none.
        var crit: [String]?
        var typ: String?
    }

    private static let algorithm = "HS256"

    /// - Parameter secrets: at least one. The first signs; all verify.
    init(secrets: [String], lifetime: Duration) {
        self.lifetime = lifetime
        keys = secrets.map { Key(id: Self.keyID(of: $0), code: HMAC(key: SymmetricKey(data: Array($0.utf8)))) }
    }

    func sign(user: AccountReply, session: SessionID, now: Timestamp = .now()) throws -> String {
        let token = AccessToken(
            sub: user.id, sid: session, ver: user.version, role: user.role, iat: now.seconds,
            exp: (now + lifetime).seconds)
        let header = Header(alg: Self.algorithm, kid: keys[0].id, typ: "JWT")
        let signed = try [JSONBytes.encode(header), JSONBytes.encode(token)].map(Base64URL.encode)
            .joined(separator: ".")
        var code = keys[0].code
        code.update(data: Array(signed.utf8))
        return "\(signed).\(Base64URL.encode(code.finalize()))"
    }

    enum Verification: Hashable, Sendable {
        case valid(Requester)
        case expired
        /// Malformed, not signed with one of the secrets, made for another system, or issued in the future.
        case invalid
    }

    func verify(_ text: String, now: Timestamp = .now()) -> Verification {
        guard text.utf8.count <= RequestLimits.accessTokenBytes else { return .invalid }
        let digest = VerifiedTokenCache.digest(of: text)
        if let claims = verified[digest] { return Self.verification(of: claims, now: now) }
        guard let token = token(Array(text.utf8)) else { return .invalid }
        let claims = VerifiedTokenCache.Claims(requester: token.requester, issuedAt: Timestamp(seconds: token.iat))
        verified[digest] = claims
        return Self.verification(of: claims, now: now)
    }

    /// Reads a token. Returns `nil` unless it was signed with one of the secrets, and for this system.
    private func token(_ text: [UInt8]) -> AccessToken? {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]),
            let header = try? JSONBytes.decode(Header.self, from: headerBytes),
            header.alg == Self.algorithm, header.crit == nil, let key = keys.first(where: { $0.id == header.kid }),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        var code = key.code
        code.update(data: text[..<parts[1].endIndex])
        // This comparison takes the same time for all signatures.
        guard code.finalize() == signature, let claims = Base64URL.decode(parts[1]),
            let token = try? JSONBytes.decode(AccessToken.self, from: claims), token.isOwn
        else { return nil }
        return token
    }

    private static func verification(of claims: VerifiedTokenCache.Claims, now: Timestamp) -> Verification {
        guard claims.requester.expiresAt.seconds > now.seconds else { return .expired }
        // The clock of the signing process may be up to a minute ahead.
        guard claims.issuedAt.seconds <= now.seconds + 60 else { return .invalid }
        return .valid(claims.requester)
    }

    /// A part of a digest of the secret. It does not reveal the secret.
    private static func keyID(of secret: String) -> String {
        Base64URL.encode(SHA256.hash(data: Array("gittix kid \(secret)".utf8)).prefix(6))
    }
}
