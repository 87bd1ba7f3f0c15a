import Crypto
import FoundationEssentials

/// Keys for one purpose each, derived from the signing secrets (HKDF, RFC 5869): a code made for one purpose is invalid
/// for another.
struct DerivedKeys: Sendable {
    /// Keys for cursors, newest first.
    let cursors: [SymmetricKey]
    /// Keys for refresh tokens, newest first.
    let refreshTokens: [SymmetricKey]
    /// Keys for ``DeviceCookies``, newest first.
    let devices: [SymmetricKey]
    /// The key for fingerprints of bodies, derived from the *oldest* secret, so that a request that is repeated during
    /// the rotation of a secret keeps its fingerprint. Keep the old secret for the lifetime of an `Idempotency-Key`.
    let fingerprints: SymmetricKey
    /// The key for the names of the counters of ``SignInLimits`` and ``PasswordGuesses``.
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
        devices = secrets.map { key($0, "devices") }
        fingerprints = key(secrets[secrets.count - 1], "fingerprints")
        limits = key(secrets[secrets.count - 1], "limits")
    }
}
