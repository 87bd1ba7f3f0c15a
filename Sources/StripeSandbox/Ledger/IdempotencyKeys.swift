import Crypto

/// The answers kept under idempotency keys: the first is given again, 500s too, for 24 hours.
///
/// https://docs.stripe.com/api/idempotent_requests
struct IdempotencyKeys: Sendable {
    private enum Entry: Sendable {
        case running(fingerprint: SHA256.Digest)
        case done(fingerprint: SHA256.Digest, answer: APIAnswer, at: Int64)

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
    /// Keys with an answer, oldest first.
    private var kept = Shelf<Bool>(limit: 50_000)

    /// The answer to give again, or nil: then the key is taken until ``finish`` or ``abandon``.
    mutating func begin(_ key: String, fingerprint: SHA256.Digest, at now: Int64) throws(StripeFailure) -> APIAnswer? {
        if case .done(_, _, let at) = entries[key], now - at >= Self.lifetimeSeconds { entries[key] = nil }
        guard let entry = entries[key] else {
            entries[key] = .running(fingerprint: fingerprint)
            return nil
        }
        guard entry.fingerprint == fingerprint else { throw .keyReused(key) }
        switch entry {
        case .running: throw .keyInUse(key)
        case .done(_, let answer, _): return answer
        }
    }

    mutating func finish(_ key: String, with answer: APIAnswer, at now: Int64) {
        guard case .running(let fingerprint) = entries[key] else { return }
        entries[key] = .done(fingerprint: fingerprint, answer: answer, at: now)
        kept[key] = true
        // The shelf forgot its oldest: so do the entries.
        guard entries.count > kept.count * 2 + 1_000 else { return }
        entries = entries.filter { kept[$0.key] != nil || $0.value.isRunning }
    }

    mutating func abandon(_ key: String) {
        guard case .running = entries[key] else { return }
        entries[key] = nil
    }
}
