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

    /// What is known of one service's inbox.
    private struct View {
        var latest: (measurement: Measurement, asOf: ContinuousClock.Instant)?
        var look: Task<Measurement, any Error>?
    }

    private let redis: RedisClient
    private let keys: Keys
    private let limits: BacklogLimits
    private let views = Mutex<[Service: View]>([:])

    public init(redis: RedisClient, keys: Keys, limits: BacklogLimits = .init()) {
        self.redis = redis
        self.keys = keys
        self.limits = limits
    }

    public func admit(_ service: Service) async throws -> Admission {
        Self.decide(try await measure(service), limits)
    }

    /// What was seen last, while that is fresh; while it is not stale, too, and then the next look begins for those who
    /// ask later: nobody is kept waiting for Redis as long as some ask from time to time.
    public func measure(_ service: Service) async throws -> Measurement {
        let (latest, look) = views.withLock { views in
            let now = ContinuousClock.now
            var view = views[service] ?? View()
            defer { views[service] = view }
            let age = view.latest.map { now - $0.asOf }
            if let age, age < limits.freshness {
                return (view.latest?.measurement, nil as Task<Measurement, any Error>?)
            }
            let look = view.look ?? Task { try await self.newLook(at: service, asOf: now) }
            view.look = look
            return (age.map { $0 < limits.staleness } == true ? view.latest?.measurement : nil, look)
        }
        if let latest { return latest }
        guard let look else { preconditionFailure("what is not fresh is looked at") }
        return try await look.value
    }

    /// A failure is not kept for those who ask later.
    private func newLook(at service: Service, asOf now: ContinuousClock.Instant) async throws -> Measurement {
        let result: Result<Measurement, any Error>
        do { result = .success(try await look(at: service)) } catch { result = .failure(error) }
        views.withLock { views in
            views[service]?.look = nil
            if case .success(let measurement) = result { views[service]?.latest = (measurement, now) }
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
