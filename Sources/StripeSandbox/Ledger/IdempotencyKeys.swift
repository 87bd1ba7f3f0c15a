import Crypto

/// The responses stored under idempotency keys. A stored response, even a 500, is replayed for 24 hours.
///
/// https://docs.stripe.com/api/idempotent_requests
struct IdempotencyKeys: Sendable {
    private enum Entry: Sendable {
        case running(fingerprint: SHA256.Digest)
        case done(fingerprint: SHA256.Digest, response: APIResponse, at: Int64)

        var fingerprint: SHA256.Digest {
            switch self {
            case .running(let fingerprint), .done(let fingerprint, _, _): fingerprint
            }
        }

        var isRunning: Bool {
            if case .running = self { true } else { false }
        }
    }

    static let maxLength = 255
    private static let lifetimeSeconds: Int64 = 24 * 3600

    private var entries: [String: Entry] = [:]
    /// Keys with a response, oldest first.
    private var stored = ObjectStore<Bool>(limit: 50_000)

    /// Returns the response to replay, or `nil` if the key is new. A new key is in use until ``finish`` or ``abandon``.
    mutating func begin(_ key: String, fingerprint: SHA256.Digest, at now: Int64) throws(StripeFailure) -> APIResponse?
    {
        if case .done(_, _, let at) = entries[key], now - at >= Self.lifetimeSeconds { entries[key] = nil }
        guard let entry = entries[key] else {
            entries[key] = .running(fingerprint: fingerprint)
            return nil
        }
        guard entry.fingerprint == fingerprint else { throw .keyReused(key) }
        switch entry {
        case .running: throw .keyInUse(key)
        case .done(_, let response, _): return response
        }
    }

    mutating func finish(_ key: String, with response: APIResponse, at now: Int64) {
        guard case .running(let fingerprint) = entries[key] else { return }
        entries[key] = .done(fingerprint: fingerprint, response: response, at: now)
        stored[key] = true
        // Drop the entries whose keys the bounded store has dropped.
        guard entries.count > stored.count * 2 + 1_000 else { return }
        entries = entries.filter { stored[$0.key] != nil || $0.value.isRunning }
    }

    mutating func abandon(_ key: String) {
        guard case .running = entries[key] else { return }
        entries[key] = nil
    }
}
