import Bootstrap
import FoundationEssentials
import HTTPTypes
import Marketplace
import RedisClient
import Synchronization

/// Limits the commands of one user: a token bucket in Redis that all API processes share.
///
/// A bucket holds `perMinute` tokens and is refilled evenly within a minute. Each process also has a small bucket for
/// each user in its memory, and takes tokens from that bucket first, so that a user at a normal pace causes no request
/// to Redis. These buckets let a user send at most a tenth more commands for each API process.
final class CommandBudget: Sendable {
    private let redis: RedisClient
    private let keyPrefix: String
    private let perMinute: Int
    private let shared: TokenBucket
    private let own: TokenBucket
    /// For each user, the time at which the process's own bucket is full again.
    private let fullAt: Mutex<TwoGenerationCache<UserID, ContinuousClock.Instant>>

    /// - Parameters:
    ///   - perMinute: Maximum number of commands of one user in a minute.
    ///   - ownBuckets: Maximum number of buckets that this process keeps. A user whose bucket was dropped to make room
    ///     for others starts again with a full bucket.
    init(perMinute: Int, redis: RedisClient, keyPrefix: String, ownBuckets: Int = 100_000) {
        fullAt = Mutex(TwoGenerationCache(limit: ownBuckets))
        self.redis = redis
        self.keyPrefix = keyPrefix
        self.perMinute = perMinute
        shared = TokenBucket(capacity: perMinute, fillTime: .seconds(60))
        own = TokenBucket(capacity: perMinute / 10, fillTime: .seconds(60))
    }

    /// Takes a token for a command. Commands without a user are not counted.
    ///
    /// - Throws: ``Problem`` (429) if the user's bucket is empty.
    func take(for actor: Actor, now: ContinuousClock.Instant = .now) async throws {
        guard case .user(let user) = actor, !takeOwn(for: user, now: now) else { return }
        let reply = try await redis.evaluate(
            Self.script, keys: ["\(keyPrefix):commands-of:{\(user)}"],
            arguments: [shared.interval.wholeMicroseconds, shared.tolerance.wholeMicroseconds])
        guard let wait = reply.int else { throw UnexpectedWait() }
        if wait > 0 { throw Problem.tooManyCommands(perMinute: perMinute, wait: .microseconds(wait)) }
    }

    /// Takes a token from the process's own bucket. Returns false if the bucket is empty.
    private func takeOwn(for user: UserID, now: ContinuousClock.Instant) -> Bool {
        fullAt.withLock { buckets in
            guard let full = own.take(fullAt: buckets.value(user), now: now) else { return false }
            buckets.insert(full, for: user)
            return true
        }
    }

    /// Takes a token and returns 0. If the bucket is empty, returns the microseconds until it has a token.
    ///
    /// The key holds the time at which the bucket is full again, in microseconds, and expires at that time.
    ///
    /// KEYS: bucket. ARGV: interval, tolerance.
    private static let script = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
        local wait = full - now - tonumber(ARGV[2])
        if wait > 0 then return wait end
        full = full + tonumber(ARGV[1])
        redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
        return 0
        """)

    struct UnexpectedWait: Error, CustomStringConvertible {
        var description: String { "the script that counts a user's commands did not return a number" }
    }
}

extension Problem {
    /// 429, with the fields of draft-ietf-httpapi-ratelimit-headers.
    static func tooManyCommands(perMinute: Int, wait: Duration) -> Problem {
        tooMany("commands", perMinute: perMinute, wait: wait)
    }

    /// 429, with the fields of draft-ietf-httpapi-ratelimit-headers.
    ///
    /// - Parameter kind: the name of the limit.
    static func tooMany(_ kind: String, perMinute: Int, wait: Duration) -> Problem {
        let seconds = max(1, Int((wait / .seconds(1)).rounded(.up)))
        var problem = Problem.tooMany(retryAfter: seconds)
        problem.headers[.rateLimitPolicy] = "\"\(kind)\";q=\(perMinute);w=60"
        problem.headers[.rateLimit] = "\"\(kind)\";r=0;t=\(seconds)"
        return problem
    }
}
