import Crypto
import FoundationEssentials
import Marketplace

/// A refresh token: 32 random bytes, and a code of 16 bytes that proves that this API made the token. Only the client
/// knows the token; the system stores its hash.
struct RefreshSecret: Sendable, Hashable {
    fileprivate let bytes: [UInt8]

    /// 64 characters of base64url. Only the client may receive it.
    var text: String { Base64URL.encode(bytes) }

    var hash: TokenHash {
        guard let hash = TokenHash(bytes: Array(SHA256.hash(data: bytes))) else {
            preconditionFailure("SHA-256 gives 32 bytes")
        }
        return hash
    }
}

/// Makes refresh tokens, and recognises forged ones without a command. Anyone can send forged tokens, and a command for
/// each would store a refusal.
struct RefreshSecrets: Sendable {
    private let keys: [SymmetricKey]

    private static let randomCount = 32
    private static let codeCount = 16

    init(keys: DerivedKeys) { self.keys = keys.refreshTokens }

    /// Makes a new token.
    func make() -> RefreshSecret {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<Self.randomCount).map { _ in UInt8.random(in: 0...255, using: &random) }
        return RefreshSecret(bytes: bytes + Self.code(bytes, keys[0]))
    }

    /// Returns `nil` unless the token was made with one of the keys.
    func read(_ text: String) -> RefreshSecret? {
        guard let bytes = Base64URL.decode(text), bytes.count == Self.randomCount + Self.codeCount else { return nil }
        let (random, code) = (Array(bytes.prefix(Self.randomCount)), Array(bytes.suffix(Self.codeCount)))
        guard keys.contains(where: { ConstantTime.equal(Self.code(random, $0), code) }) else { return nil }
        return RefreshSecret(bytes: bytes)
    }

    private static func code(_ bytes: [UInt8], _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(codeCount))
    }
}
