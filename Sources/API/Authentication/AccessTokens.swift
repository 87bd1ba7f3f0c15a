import Crypto
import FoundationEssentials
import JWTKit
import Marketplace

/// Signs and reads access tokens: HS256, with a `kid` that tells which of the secrets signed.
struct AccessTokens: Sendable {
    let life: Duration
    private let keys: JWTKeyCollection
    private let current: JWKIdentifier
    /// Those whose signature was found good.
    private let known = KnownTokens()

    /// - Parameter secrets: at least one. The first signs; a token of any is good.
    init(secrets: [String], life: Duration) async {
        self.life = life
        keys = JWTKeyCollection()
        for secret in secrets {
            await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256, kid: Self.keyID(of: secret))
        }
        current = Self.keyID(of: secrets[0])
    }

    /// The longest token that is looked at; ours have about 400 bytes.
    private static let lengthLimit = 2048

    func sign(user: UserRepresentation, session: SessionID, now: Timestamp = .now()) async throws -> String {
        let token = AccessToken(
            sub: user.id, sid: session, ver: user.version, role: user.role, iat: now.seconds,
            exp: (now + life).seconds)
        return try await keys.sign(token, kid: current)
    }

    enum Reading: Hashable, Sendable {
        case valid(Requester)
        case expired
        /// Not ours, or changed.
        case invalid
    }

    func read(_ text: String, now: Timestamp = .now()) async -> Reading {
        guard text.utf8.count <= Self.lengthLimit else { return .invalid }
        let digest = KnownTokens.digest(of: text)
        if let claims = known[digest] { return Self.reading(of: claims, now: now) }
        guard let token = try? await keys.verify(text, as: AccessToken.self) else { return .invalid }
        let claims = KnownTokens.Claims(requester: token.requester, issuedAt: Timestamp(seconds: token.iat))
        known[digest] = claims
        return Self.reading(of: claims, now: now)
    }

    private static func reading(of claims: KnownTokens.Claims, now: Timestamp) -> Reading {
        guard claims.requester.expiresAt.seconds > now.seconds else { return .expired }
        // A clock that is a little ahead of ours is no forger's.
        guard claims.issuedAt.seconds <= now.seconds + 60 else { return .invalid }
        return .valid(claims.requester)
    }

    /// Says nothing of the secret: a part of a digest of it.
    private static func keyID(of secret: String) -> JWKIdentifier {
        let digest = SHA256.hash(data: Data("gittix kid \(secret)".utf8))
        return JWKIdentifier(string: Base64URL.encode(digest.prefix(6)))
    }
}
