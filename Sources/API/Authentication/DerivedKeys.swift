import Crypto
import Streams

/// Keys that are derived from the signing secrets, each for one purpose.
struct DerivedKeys: Sendable {
    /// Keys for cursors, newest first.
    let cursors: [SymmetricKey]
    /// Keys for refresh tokens, newest first.
    let refreshTokens: [SymmetricKey]
    /// Keys for ``DeviceCookies``, newest first.
    let devices: [SymmetricKey]
    /// The key for fingerprints of bodies, derived from the *oldest* secret, so that a request keeps its fingerprint if
    /// it is repeated while the secrets are rotated. Keep the old secret for the lifetime of an `Idempotency-Key`.
    let fingerprints: SymmetricKey
    /// The key of the hashes in the counter names of ``SignInLimits`` and ``PasswordGuesses``.
    let limits: SymmetricKey

    /// - Parameter secrets: at least one; the first signs.
    init(secrets: [String]) {
        cursors = secrets.map { .derived(from: $0, for: "cursors") }
        refreshTokens = secrets.map { .derived(from: $0, for: "refresh tokens") }
        devices = secrets.map { .derived(from: $0, for: "devices") }
        fingerprints = .derived(from: secrets[secrets.count - 1], for: "fingerprints")
        limits = .derived(from: secrets[secrets.count - 1], for: "limits")
    }
}
