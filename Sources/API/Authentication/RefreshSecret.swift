import Crypto
import FoundationEssentials
import Marketplace

/// What renews a session: 32 random bytes, known to the client alone. Everyone else knows its hash.
struct RefreshSecret: Sendable, Hashable {
    private let bytes: [UInt8]

    /// A new one.
    init() {
        var random = SystemRandomNumberGenerator()
        bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Nil for what can't be one.
    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 43 characters of base64url. Only for the client.
    var text: String { Base64URL.encode(bytes) }

    var hash: TokenHash {
        guard let hash = TokenHash(bytes: Array(SHA256.hash(data: bytes))) else {
            preconditionFailure("SHA-256 gives 32 bytes")
        }
        return hash
    }
}
