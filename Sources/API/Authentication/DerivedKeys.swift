import Crypto
import FoundationEssentials

/// Keys for one purpose each, made of the signing secrets (HKDF, RFC 5869): what is signed for one purpose is worth
/// nothing for another.
struct DerivedKeys: Sendable {
    /// For cursors, the newest first.
    let cursors: [SymmetricKey]
    /// For refresh tokens, the newest first.
    let refreshTokens: [SymmetricKey]
    /// For the fingerprints of bodies: of the *oldest* secret, so that a request repeated while a secret is being
    /// changed has the fingerprint it had before. Keep the old secret for as long as an `Idempotency-Key` lives.
    let fingerprints: SymmetricKey
    /// For the names of the counters of attempts.
    let limits: SymmetricKey

    /// - Parameter secrets: at least one; the first signs.
    init(secrets: [String]) {
        func key(_ secret: String, _ purpose: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("gittix \(purpose)".utf8),
                outputByteCount: 32)
        }
        cursors = secrets.map { key($0, "cursors") }
        refreshTokens = secrets.map { key($0, "refresh tokens") }
        fingerprints = key(secrets[secrets.count - 1], "fingerprints")
        limits = key(secrets[secrets.count - 1], "limits")
    }
}
