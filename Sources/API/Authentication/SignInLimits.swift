import Bootstrap
import Crypto
import FoundationEssentials
import Marketplace
import RedisClient

/// Limits the sign-ups and sign-ins from a client's address. A change of the e-mail address counts as a sign-up. Redis
/// counts the attempts for all API processes together, in windows of one minute that begin with the first attempt.
struct SignInLimits: Sendable {
    enum Kind: String, Sendable {
        case signUp = "sign-up"
        case signIn = "sign-in"
    }

    private let redis: RedisClient
    private let keyPrefix: String
    private let keys: DerivedKeys
    private let maxPerMinute: [Kind: Int]

    init(_ web: WebSettings, redis: RedisClient, keyPrefix: String, keys: DerivedKeys) {
        self.redis = redis
        self.keyPrefix = keyPrefix
        self.keys = keys
        maxPerMinute = [.signUp: web.signUpsPerMinute, .signIn: web.signInsPerMinute]
    }

    private static let windowMilliseconds = 60_000

    /// Counts and sets the expiry in one script, so that no counter is left without an expiry.
    private static let script = RedisScript(
        """
        local count = redis.call('INCR', KEYS[1])
        if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
        return {count, redis.call('PTTL', KEYS[1])}
        """)

    /// - Parameter subject: the address whose attempts are counted.
    /// - Throws: ``Problem`` (429) beyond the limit.
    func count(_ kind: Kind, _ subject: String) async throws {
        guard let limit = maxPerMinute[kind] else { return }
        let reply = try await redis.evaluate(
            Self.script, keys: [key(kind, subject)], arguments: [Self.windowMilliseconds])
        guard let values = reply.array, values.count == 2, let count = values[0].int, let left = values[1].int else {
            throw UnexpectedCount()
        }
        if count > Int64(limit) { throw Problem.tooMany(retryAfter: max(1, Int((left + 999) / 1000))) }
    }

    /// The key contains a keyed hash, so that Redis stores no address.
    private func key(_ kind: Kind, _ subject: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(kind.rawValue) \(subject)".utf8), using: keys.limits)
        return "\(keyPrefix):limit:{\(Base64URL.encode(code.prefix(15)))}"
    }

    struct UnexpectedCount: Error, CustomStringConvertible {
        var description: String { "the script that counts attempts did not return two numbers" }
    }
}
