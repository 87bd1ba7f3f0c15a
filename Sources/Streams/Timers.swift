public import Marketplace
public import RedisClient

/// The due times of one kind of timer of a service, by subject. Redis's clock decides when they have passed, so that
/// any number of processes agree.
///
/// The owner's tables have the due times too, and its sweep acts on timers that Redis has lost. So Redis keeps only the
/// timers of the next ``horizon``, and at most ``capacity`` of them: about 140 MB of memory.
public struct Timers: Sendable {
    public struct Fired: Sendable, Hashable {
        /// Number of commands that were sent.
        public let count: Int
        /// Time until the next timer is due: zero if more timers are already due, `nil` if none is set.
        public let next: Duration?
    }

    /// Timers that are due later than this are not kept. The owner's sweep sets them when their time is near.
    public static let horizon: Duration = .seconds(86_400)

    /// Maximum number of subjects. Beyond it, the timers that are due last are dropped and left to the owner's sweep.
    public static let capacity = 1_000_000

    public let name: TimerName
    private let redis: RedisClient
    private let keys: Keys
    private var key: String { keys.timers(name) }

    public init(_ name: TimerName, redis: RedisClient, keys: Keys) {
        self.name = name
        self.redis = redis
        self.keys = keys
    }

    /// Sets the timer of each subject, or moves it.
    ///
    /// - Parameter onlyMissing: True to leave timers that are already set unchanged.
    public func set(
        _ timers: [DueTimer], onlyMissing: Bool = false, capacity: Int = Self.capacity
    ) async throws(RedisError) {
        guard !timers.isEmpty else { return }
        var add = RedisCommand("ZADD", key)
        if onlyMissing { add.append("NX") }
        for timer in timers {
            add.append(timer.due.milliseconds)
            add.append(timer.subject.description)
        }
        let replies = try await redis.pipeline([add, RedisCommand("ZREMRANGEBYRANK", key, capacity, -1)])
        for case .error(let error) in replies { throw .server(error, during: "ZADD") }
    }

    /// Returns a random word that is lost together with Redis's data. A new word shows the caller that all timers are
    /// lost.
    public func incarnation() async throws -> String {
        let key = keys.incarnation(ofTimers: name)
        let replies = try await redis.pipeline([
            RedisCommand("SET", key, UInt64.random(in: .min ... .max), "NX"), RedisCommand("GET", key),
        ])
        guard let word = replies[1].string else { throw UnexpectedReply(work: "reading a timer's incarnation") }
        return word
    }

    public func clear(_ subjects: [TimerSubjectID]) async throws(RedisError) {
        guard !subjects.isEmpty else { return }
        var command = RedisCommand("ZREM", key)
        command.append(contentsOf: subjects.map(\.description))
        _ = try await redis.send(command)
    }

    /// Returns the time until the first timer is due by Redis's clock, or `nil` if none is set. Changes nothing.
    public func next() async throws -> Duration? { try await fireDue(sending: "", limit: 0).next }

    /// Replaces due timers by commands in their service's command stream, in one atomic step.
    ///
    /// A command's id is derived from the service, the kind, the subject and its due time, so a timer that is fired
    /// twice gives the same command, which takes effect once.
    ///
    /// - Parameters:
    ///   - type: The type of the command. Its body is the body of a ``TimerCommand``.
    ///   - limit: Maximum number of timers in one call. Each timer blocks Redis for about 10 µs.
    ///   - bounds: The lengths of the command stream at which fewer timers, or none, are fired.
    public func fireDue(
        sending type: String, limit: Int = 500, bounds: TimerBounds = TimerBounds()
    ) async throws -> Fired {
        let reply = try await redis.evaluate(
            Self.fireDueScript, keys: [key, keys.commands(name.service)],
            arguments: [
                limit, bounds.busy, bounds.full, bounds.whileBusy, "\(name.service) \(name.kind.rawValue)", type,
            ])
        guard let count = reply.array?.first?.int, let next = reply.array?.last?.int else {
            throw UnexpectedReply(work: "firing timers")
        }
        return Fired(count: Int(count), next: next < 0 ? nil : .milliseconds(next))
    }

    /// Redis's Lua has no calendar, so `rfc3339` computes the date with Howard Hinnant's algorithm `civil_from_days`.
    /// It is called once for all timers due in the same second. A member that is not an id is dropped. Due members are
    /// the first of the set, so one command removes them by rank. The command's id is the start of a SHA-1, marked as a
    /// UUID of version 8 (RFC 9562).
    ///
    /// Returns the number of timers fired, and the ms until the next timer is due (-1 if none is set).
    ///
    /// KEYS: timers, commands. ARGV: limit, length of a busy stream, length of a full stream, limit while it is busy,
    /// the start of the text that a command's id is derived from, type of the command.
    private static let fireDueScript = RedisScript(
        """
        local function rfc3339(ms)
            local seconds = math.floor(ms / 1000)
            local days = math.floor(seconds / 86400)
            local z = days + 719468
            local era = math.floor(z / 146097)
            local doe = z - era * 146097
            local leap = math.floor(doe / 1460) - math.floor(doe / 36524) + math.floor(doe / 146096)
            local yoe = math.floor((doe - leap) / 365)
            local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
            local mp = math.floor((5 * doy + 2) / 153)
            local day = doy - math.floor((153 * mp + 2) / 5) + 1
            local month = mp < 10 and mp + 3 or mp - 9
            local year = yoe + era * 400 + (month <= 2 and 1 or 0)
            local rest = seconds - days * 86400
            return string.format('%04d-%02d-%02dT%02d:%02d:%02d', year, month, day, math.floor(rest / 3600),
                math.floor(rest / 60) % 60, rest % 60)
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local length = redis.call('XLEN', KEYS[2])
        local room = math.min(tonumber(ARGV[1]), math.max(ARGV[2] - length, math.min(ARGV[4], ARGV[3] - length)))
        local due = {}
        if room > 0 then
            local limit = string.format('%.0f', now)
            due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', limit, 'WITHSCORES', 'LIMIT', 0, room)
        end
        local fired, at = 0, rfc3339(now) .. string.format('.%03dZ', now % 1000)
        local second, start = nil, nil
        for i = 1, #due, 2 do
            local subject, ms = due[i], tonumber(due[i + 1])
            if #subject == 36 and string.find(subject, '^[0-9a-f%-]+$') then
                local hash = redis.sha1hex(ARGV[5] .. ' ' .. subject .. ' ' .. string.format('%.0f', ms))
                local variant = string.format('%x', 8 + tonumber(string.sub(hash, 17, 17), 16) % 4)
                local id = string.sub(hash, 1, 8) .. '-' .. string.sub(hash, 9, 12) .. '-8' .. string.sub(hash, 14, 16)
                    .. '-' .. variant .. string.sub(hash, 18, 20) .. '-' .. string.sub(hash, 21, 32)
                local thousandth = ms % 1000
                if ms - thousandth ~= second then
                    second = ms - thousandth
                    start = rfc3339(ms)
                end
                redis.call('XADD', KEYS[2], '*', 'id', id, 'type', ARGV[6], 'v', '1', 'at', at, 'actor', '-',
                    'reply', '', 'trace', '', 'body',
                    string.format('{"subject":"%s","due":"%s.%03dZ"}', subject, start, thousandth))
                fired = fired + 1
            end
        end
        if #due > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, #due / 2 - 1) end
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return {fired, first[2] and math.max(math.ceil(first[2] - now), 0) or -1}
        """)
}

extension Timers {
    /// Returns the due times of these subjects, in ms since 1970. Subjects whose timer is not set are left out.
    public func due(of subjects: [TimerSubjectID]) async throws -> [TimerSubjectID: Int64] {
        guard !subjects.isEmpty else { return [:] }
        var command = RedisCommand("ZMSCORE", key)
        command.append(contentsOf: subjects.map(\.description))
        let reply = try await redis.send(command)
        guard let scores = reply.array, scores.count == subjects.count else { throw UnexpectedReply(work: "ZMSCORE") }
        var due: [TimerSubjectID: Int64] = [:]
        for (subject, score) in zip(subjects, scores) {
            if let time = Self.milliseconds(score) { due[subject] = time }
        }
        return due
    }

    /// Returns the number of timers that are set, and the time for which the first timer has been overdue.
    public func report() async throws -> TimerReport {
        let replies = try await redis.pipeline([
            RedisCommand("TIME"), RedisCommand("ZCARD", key), RedisCommand("ZRANGE", key, 0, 0, "WITHSCORES"),
        ])
        guard let time = replies[0].array, time.count == 2, let seconds = time[0].string.flatMap({ Int64($0) }),
            let microseconds = time[1].string.flatMap({ Int64($0) }), let waiting = replies[1].int,
            let first = replies[2].array
        else { throw UnexpectedReply(work: "counting timers") }
        let now = seconds * 1000 + microseconds / 1000
        let late = first.last.flatMap(Self.milliseconds).map { now - $0 } ?? 0
        return TimerReport(
            kind: name.kind.rawValue, waiting: Int(waiting), overdueMilliseconds: late > 0 ? Int(late) : nil)
    }

    /// Scores are doubles, which represent milliseconds exactly.
    private static func milliseconds(_ score: RedisValue) -> Int64? {
        score.string.flatMap { Double($0) }.flatMap { Int64(exactly: $0.rounded()) }
    }
}
