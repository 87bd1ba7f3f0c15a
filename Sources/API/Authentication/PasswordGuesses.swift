import Bootstrap
import Crypto
import FoundationEssentials
import Marketplace
import RedisClient

/// Limits wrong guesses at the password of an account. Redis counts them for all API processes together.
///
/// Each guess is counted before its check, so that concurrent guesses cannot exceed the limit together. A right guess
/// is subtracted again. A subject may fail `perMinute` times a minute, and ten times that number an hour: by default
/// 100, the limit of NIST SP 800-63B-4, section 3.2.2. Once a day has as many guesses as an hour allows, there is a
/// pause before each further guess: a minute at first, doubled after every ten guesses, up to an hour. So there are at
/// most about 170 guesses a day.
struct PasswordGuesses: Sendable {
    enum Subject: Sendable {
        /// Sign-ins with an e-mail address from clients without a valid device cookie.
        case account(EmailAddress)
        /// Sign-ins with an e-mail address from a browser that has signed in with the address before.
        case device(String, EmailAddress)
        /// A signed-in user who gives the current password.
        case own(UserID)

        fileprivate var text: String {
            switch self {
            case .account(let email): "account \(email)"
            case .device(let id, let email): "device \(id) \(email)"
            case .own(let user): "own \(user)"
            }
        }
    }

    let perMinute: Int
    private let redis: RedisClient
    private let keyPrefix: String
    private let key: SymmetricKey

    init(perMinute: Int, redis: RedisClient, keyPrefix: String, keys: DerivedKeys) {
        self.perMinute = perMinute
        self.redis = redis
        self.keyPrefix = keyPrefix
        key = keys.limits
    }

    /// Runs a check of a password within the limit.
    ///
    /// - Throws: ``Problem`` (429) beyond the limit, without a check.
    func check(_ subject: Subject, _ matches: () async throws -> Bool) async throws -> Bool {
        let name = name(of: subject)
        let reply = try await redis.evaluate(Self.counting, keys: [name], arguments: [perMinute, perMinute * 10])
        guard let wait = reply.int else { throw SignInLimits.UnexpectedCount() }
        if wait > 0 { throw Problem.tooMany(retryAfter: max(1, Int((wait + 999) / 1000))) }
        let isRight: Bool
        do {
            isRight = try await matches()
        } catch {
            // The password was not checked, for example because too many passwords are being hashed.
            try await uncount(name)
            throw error
        }
        if isRight { try await uncount(name) }
        return isRight
    }

    private func uncount(_ name: String) async throws {
        _ = try await redis.evaluate(Self.uncounting, keys: [name], arguments: [])
    }

    /// The name contains a keyed hash, so that Redis stores no address.
    func name(of subject: Subject) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("guesses \(subject.text)".utf8), using: key)
        return "\(keyPrefix):guesses:{\(Base64URL.encode(code.prefix(15)))}"
    }

    /// Counts a guess and returns 0 if a guess is allowed now. Otherwise returns the milliseconds until the next guess
    /// is allowed.
    ///
    /// The hash has the count and the end of each window and, after many guesses, the time of the next guess. It
    /// expires at the end of its hour or, once the day has as many guesses as a minute allows, at the end of its day.
    ///
    /// KEYS: the subject's hash. ARGV: the number of guesses that a minute allows; the number that an hour allows,
    /// which is also the number that a day allows before the first pause.
    private static let counting = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local per_minute, per_hour = tonumber(ARGV[1]), tonumber(ARGV[2])
        local held = redis.call('HMGET', KEYS[1], 'minute', 'minute-end', 'hour', 'hour-end', 'day', 'day-end', 'next')
        local function window(count, stop, length)
            stop = tonumber(stop or 0)
            if stop <= now then return 0, now + length end
            return tonumber(count or 0), stop
        end
        local minute, minute_end = window(held[1], held[2], 60000)
        local hour, hour_end = window(held[3], held[4], 3600000)
        local day, day_end = window(held[5], held[6], 86400000)
        local wait = 0
        if minute >= per_minute then wait = minute_end - now end
        if hour >= per_hour then wait = math.max(wait, hour_end - now) end
        if day >= per_hour then wait = math.max(wait, tonumber(held[7] or 0) - now) end
        if wait > 0 then return wait end
        day = day + 1
        local next_guess = 0
        if day >= per_hour then
            next_guess = now + math.min(3600000, 60000 * 2 ^ math.floor((day - per_hour) / 10))
        end
        local function text(number) return string.format('%.0f', number) end
        redis.call('HSET', KEYS[1], 'minute', text(minute + 1), 'minute-end', text(minute_end),
            'hour', text(hour + 1), 'hour-end', text(hour_end), 'day', text(day), 'day-end', text(day_end),
            'next', text(next_guess))
        redis.call('PEXPIRE', KEYS[1], text((day >= per_minute and day_end or hour_end) - now))
        return 0
        """)

    /// Subtracts a counted guess, because the password was right or was not checked. Also ends the pause.
    ///
    /// KEYS: the subject's hash.
    private static let uncounting = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        for _, window in ipairs({'minute', 'hour', 'day'}) do
            if tonumber(redis.call('HGET', KEYS[1], window) or 0) > 0 then
                redis.call('HINCRBY', KEYS[1], window, -1)
            end
        end
        redis.call('HDEL', KEYS[1], 'next')
        return 0
        """)
}
