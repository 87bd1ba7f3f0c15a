public import Marketplace
public import RedisClient
import Synchronization

/// Measures the services' command streams, so that a command that could only wait is refused before it is sent.
///
/// Callers share measurements: all callers that ask during a request, or shortly after it, get its result.
public final class Backlog: Sendable {
    public struct Measurement: Sendable, Hashable {
        /// Entries in the command stream, including entries in flight.
        public let length: Int
        /// Age of the oldest entry that no worker has received, by Redis's clock.
        public let age: Duration
        /// True if the service's events are not published, so that its commits would reach no other service.
        public var isStopped = false
    }

    private typealias Request = Task<Measurement, any Error>

    /// The last measurement of one service, and the request for the next.
    private struct Sample {
        var latest: (measurement: Measurement, asOf: ContinuousClock.Instant)?
        var request: Request?
    }

    private let redis: RedisClient
    private let keys: Keys
    private let limits: BacklogLimits
    private let samples = Mutex<[ServiceName: Sample]>([:])

    public init(redis: RedisClient, keys: Keys, limits: BacklogLimits = .init()) {
        self.redis = redis
        self.keys = keys
        self.limits = limits
    }

    /// Decides whether the service takes another command.
    ///
    /// Stale-while-revalidate: a measurement older than `freshness` can still admit a command while a new measurement
    /// is requested. Only a fresh measurement can reject a command.
    public nonisolated(nonsending) func admit(_ service: ServiceName) async throws -> Admission {
        switch view(of: service) {
        case .fresh(let measurement): return Self.decide(measurement, limits)
        case .aging(let measurement, let request):
            let admission = Self.decide(measurement, limits)
            return admission == .admitted ? admission : Self.decide(try await request.value, limits)
        case .stale(let request): return Self.decide(try await request.value, limits)
        }
    }

    /// Returns a measurement that is at most `freshness` old, plus the time of the request.
    public func measure(_ service: ServiceName) async throws -> Measurement {
        switch view(of: service) {
        case .fresh(let measurement): measurement
        case .aging(_, let request), .stale(let request): try await request.value
        }
    }

    private enum View {
        case fresh(Measurement)
        case aging(Measurement, Request)
        case stale(Request)
    }

    /// Returns the last measurement. Starts a request if the measurement is not fresh and no request is in progress.
    private func view(of service: ServiceName) -> View {
        samples.withLock { samples in
            let now = ContinuousClock.now
            var sample = samples[service] ?? Sample()
            defer { samples[service] = sample }
            if let latest = sample.latest, now - latest.asOf < limits.freshness { return .fresh(latest.measurement) }
            let request = sample.request ?? Request { try await self.refresh(service, asOf: now) }
            sample.request = request
            guard let latest = sample.latest, now - latest.asOf < limits.staleness else { return .stale(request) }
            return .aging(latest.measurement, request)
        }
    }

    /// Measures, and stores the result. A failure is not stored: later callers try again.
    private func refresh(_ service: ServiceName, asOf now: ContinuousClock.Instant) async throws -> Measurement {
        let result: Result<Measurement, any Error>
        do { result = .success(try await measurement(of: service)) } catch { result = .failure(error) }
        samples.withLock { samples in
            samples[service]?.request = nil
            if case .success(let measurement) = result { samples[service]?.latest = (measurement, now) }
        }
        return try result.get()
    }

    private func measurement(of service: ServiceName) async throws -> Measurement {
        let reply = try await redis.evaluate(
            Self.script, keys: [keys.commands(service), keys.publishingStop(service)], arguments: [service.rawValue])
        guard let parts = reply.array, parts.count == 3, let length = parts[0].int, let age = parts[1].int else {
            throw UnexpectedReply(work: "measuring a backlog")
        }
        return Measurement(length: Int(length), age: .milliseconds(age), isStopped: parts[2].int == 1)
    }

    static func decide(_ measurement: Measurement, _ limits: BacklogLimits) -> Admission {
        if measurement.isStopped { return .shed(retryAfter: .seconds(30)) }
        guard measurement.length >= limits.length || measurement.age >= limits.age else { return .admitted }
        return .shed(retryAfter: min(max(.seconds(1), .seconds(measurement.age.components.seconds)), .seconds(30)))
    }

    /// Returns the stream's length, the age in ms of its oldest undelivered entry, and 1 if publishing has stopped.
    ///
    /// KEYS: commands, publishing stop. ARGV: group.
    private static let script = RedisScript(
        """
        local length, stopped = redis.call('XLEN', KEYS[1]), redis.call('EXISTS', KEYS[2])
        if length == 0 then return {0, 0, stopped} end
        local last = '0-0'
        for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
            local info = {}
            for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
            if info['name'] == ARGV[1] then last = info['last-delivered-id'] end
        end
        local oldest = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 1)[1]
        if not oldest then return {length, 0, stopped} end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        return {length, math.max(now - tonumber(string.match(oldest[1], '^%d+')), 0), stopped}
        """)
}
