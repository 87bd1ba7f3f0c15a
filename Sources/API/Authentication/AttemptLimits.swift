import Crypto
import FoundationEssentials
import Marketplace
import RedisClient

/// Counts attempts in Redis, for all API processes together, in windows of a minute that begin with the first attempt.
struct AttemptLimits: Sendable {
    enum Kind: String, Sendable {
        case signUp = "sign-up"
        case signIn = "sign-in"
        /// With one e-mail, from whatever address.
        case accountSignIn = "account-sign-in"
        /// With the present password, by someone who is signed in.
        case ownPassword = "own-password"
    }

    let redis: RedisClient
    let keyPrefix: String
    let keys: DerivedKeys
    let perMinute: [Kind: Int]

    private static let window_ms = 60_000

    /// The count and the window's end in one step, so that no counter is ever left without an end.
    private static let script = RedisScript(
        """
        local count = redis.call('INCR', KEYS[1])
        if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
        return {count, redis.call('PTTL', KEYS[1])}
        """)

    /// - Throws: ``Problem`` (429) beyond the limit.
    func count(_ kind: Kind, _ subject: String) async throws {
        guard let limit = perMinute[kind] else { return }
        let reply = try await redis.evaluate(Self.script, keys: [key(kind, subject)], arguments: [Self.window_ms])
        guard let values = reply.array, values.count == 2, let count = values[0].int, let left = values[1].int else {
            throw UnexpectedCount()
        }
        if count > Int64(limit) { throw Problem.tooMany(retryAfter: max(1, Int((left + 999) / 1000))) }
    }

    /// Neither addresses nor e-mails stand in Redis: the key holds a keyed hash.
    private func key(_ kind: Kind, _ subject: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(kind.rawValue) \(subject)".utf8), using: keys.limits)
        return "\(keyPrefix):limit:{\(Base64URL.encode(code.prefix(15)))}"
    }

    struct UnexpectedCount: Error, CustomStringConvertible {
        var description: String { "Redis answered a counting script with something else than two numbers" }
    }
}
