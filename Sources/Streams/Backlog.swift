public import Marketplace
public import RedisClient
import Synchronization

/// Looks at the services' inboxes, so that a command that could only wait is refused before it enters. One look serves
/// all who ask within a moment.
public final class Backlog: Sendable {
    public struct Measurement: Sendable, Hashable {
        /// Entries in the inbox, those being handled included.
        public let length: Int
        /// The age of the oldest that no worker has been given, by Redis's clock.
        public let age: Duration
    }

    private struct Look {
        let started: ContinuousClock.Instant
        let task: Task<Measurement, any Error>
        /// What it has seen, once it has.
        var measurement: Measurement?
    }

    private let redis: RedisClient
    private let keys: Keys
    private let limits: BacklogLimits
    private let looks = Mutex<[Service: Look]>([:])

    public init(redis: RedisClient, keys: Keys, limits: BacklogLimits = .init()) {
        self.redis = redis
        self.keys = keys
        self.limits = limits
    }

    public func admit(_ service: Service) async throws -> Admission {
        Self.decide(try await measure(service), limits)
    }

    /// Not older than the limits' freshness, apart from the time of the look itself.
    public func measure(_ service: Service) async throws -> Measurement {
        let look = looks.withLock { looks in
            let now = ContinuousClock.now
            if let look = looks[service], now - look.started < limits.freshness { return look }
            let look = Look(started: now, task: Task { try await self.look(at: service) })
            looks[service] = look
            return look
        }
        if let measurement = look.measurement { return measurement }
        do {
            let measurement = try await look.task.value
            note(look, of: service) { $0?.measurement = measurement }
            return measurement
        } catch {
            // A failure is not kept for those who ask later.
            note(look, of: service) { $0 = nil }
            throw error
        }
    }

    private func note(_ look: Look, of service: Service, _ change: (inout Look?) -> Void) {
        looks.withLock { looks in
            if looks[service]?.task == look.task { change(&looks[service]) }
        }
    }

    private func look(at service: Service) async throws -> Measurement {
        let reply = try await redis.evaluate(Self.script, keys: [keys.commands(service)], arguments: [service.rawValue])
        guard let length = reply.array?.first?.int, let age = reply.array?.last?.int else {
            throw UnexpectedReply(work: "measuring a backlog")
        }
        return Measurement(length: Int(length), age: .milliseconds(age))
    }

    static func decide(_ measurement: Measurement, _ limits: BacklogLimits) -> Admission {
        guard measurement.length >= limits.length || measurement.age >= limits.age else { return .admitted }
        return .shed(retryAfter: min(max(.seconds(1), .seconds(measurement.age.components.seconds)), .seconds(30)))
    }

    /// KEYS: commands. ARGV: group.
    private static let script = RedisScript(
        """
        local length = redis.call('XLEN', KEYS[1])
        if length == 0 then return {0, 0} end
        local last = '0-0'
        for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
            local info = {}
            for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
            if info['name'] == ARGV[1] then last = info['last-delivered-id'] end
        end
        local oldest = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)[1]
        if not oldest then return {length, 0} end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        return {length, math.max(now - tonumber(string.match(oldest[1], '^%d+')), 0)}
        """)
}
