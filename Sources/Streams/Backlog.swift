public import Marketplace
public import RedisClient
import Synchronization

/// Looks at the services' inboxes, so that a command that could only wait is refused before it enters. One look serves
/// all who ask within a moment, and those who ask soon after.
public final class Backlog: Sendable {
    public struct Measurement: Sendable, Hashable {
        /// Entries in the inbox, those being handled included.
        public let length: Int
        /// The age of the oldest that no worker has been given, by Redis's clock.
        public let age: Duration
    }

    private typealias Look = Task<Measurement, any Error>

    /// What is known of a service's.
    private struct Inbox {
        var latest: (measurement: Measurement, asOf: ContinuousClock.Instant)?
        var look: Look?
    }

    private let redis: RedisClient
    private let keys: Keys
    private let limits: BacklogLimits
    private let inboxes = Mutex<[Service: Inbox]>([:])

    public init(redis: RedisClient, keys: Keys, limits: BacklogLimits = .init()) {
        self.redis = redis
        self.keys = keys
        self.limits = limits
    }

    /// Nobody is kept waiting for Redis as long as some ask from time to time: what was seen, and is not fresh any more but
    /// not stale yet, still admits while the next look is made. Only that look refuses.
    public func admit(_ service: Service) async throws -> Admission {
        switch view(of: service) {
        case .fresh(let measurement): return Self.decide(measurement, limits)
        case .aging(let measurement, let look):
            let admission = Self.decide(measurement, limits)
            return admission == .admitted ? admission : Self.decide(try await look.value, limits)
        case .stale(let look): return Self.decide(try await look.value, limits)
        }
    }

    /// Not older than the limits' freshness, apart from the time of the look itself.
    public func measure(_ service: Service) async throws -> Measurement {
        switch view(of: service) {
        case .fresh(let measurement): measurement
        case .aging(_, let look), .stale(let look): try await look.value
        }
    }

    private enum View {
        case fresh(Measurement)
        case aging(Measurement, Look)
        case stale(Look)
    }

    /// Begins a look where none is under way and what was seen is not fresh.
    private func view(of service: Service) -> View {
        inboxes.withLock { inboxes in
            let now = ContinuousClock.now
            var inbox = inboxes[service] ?? Inbox()
            defer { inboxes[service] = inbox }
            if let latest = inbox.latest, now - latest.asOf < limits.freshness { return .fresh(latest.measurement) }
            let look = inbox.look ?? Look { try await self.newLook(at: service, asOf: now) }
            inbox.look = look
            guard let latest = inbox.latest, now - latest.asOf < limits.staleness else { return .stale(look) }
            return .aging(latest.measurement, look)
        }
    }

    /// A failure is not kept for those who ask later.
    private func newLook(at service: Service, asOf now: ContinuousClock.Instant) async throws -> Measurement {
        let result: Result<Measurement, any Error>
        do { result = .success(try await look(at: service)) } catch { result = .failure(error) }
        inboxes.withLock { inboxes in
            inboxes[service]?.look = nil
            if case .success(let measurement) = result { inboxes[service]?.latest = (measurement, now) }
        }
        return try result.get()
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
