import Logging
import Marketplace
import RedisClient
import Support

@testable import Services
@testable import Streams

/// The expiration service with a real Redis. Nothing runs in the background: a test runs each step.
struct ExpirationHarness: Sendable {
    let redis: RedisClient
    let keys: Keys
    let wakeup = Wakeup()
    let timers: [ActiveTimer]
    let consumer: StreamConsumer

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameters:
    ///   - declarations: The declared timers, or `nil` for the timers of all services.
    ///   - keys: The keys of a service's harness, or `nil` for new ones.
    init(_ declarations: [ServiceTimer]? = nil, keys: Keys? = nil) throws {
        let configuration = try RedisConfiguration(url: TestServers.redisURL)
        let redis = RedisClient(configuration: configuration, logger: Self.logger)
        let keys = keys ?? Keys(prefix: TestServers.keyPrefix())
        (self.redis, self.keys) = (redis, keys)
        timers = (declarations ?? ServiceRegistry.timers).map {
            ActiveTimer($0, timers: Timers($0.name, redis: redis, keys: keys))
        }
        var settings = ConsumerSettings()
        settings.blockTimeout = .milliseconds(20)
        consumer = StreamConsumer(
            service: .expiration, follows: [.listings, .orders], redis: redis,
            blocking: RedisClient(configuration: configuration, role: .blocking, logger: Self.logger), keys: keys,
            settings: settings, logger: Self.logger)
    }

    var handler: TimerHandler { TimerHandler(timers: timers, wakeup: wakeup) }

    var scheduler: TimerScheduler { TimerScheduler(timers: timers, wakeup: wakeup, logger: Self.logger) }

    func timers(_ kind: TimerName.Kind) -> Timers {
        guard let timer = timers.first(where: { $0.declaration.name.kind == kind }) else {
            preconditionFailure("no timer \(kind.rawValue)")
        }
        return timer.timers
    }

    /// Appends an event to a service's stream, like its relay.
    func publish(_ event: NewEvent, from service: ServiceName, payloadVersion: Int = 1) async throws {
        var add = RedisCommand("XADD", keys.events(service), "*")
        add.append(contentsOf: [
            "id", EventID.new().description, "type", event.type.rawValue, "v", "\(payloadVersion)", "at",
            Timestamp.now().description, "subject", event.subject, "version", "\(event.version)", "trace", "", "body",
        ])
        add.append(try JSONBody.encode(event.body))
        _ = try await redis.send(add)
    }

    /// Handles the events that are in the streams, and returns the outcomes.
    @discardableResult
    func handleEvents() async throws -> [EntryOutcome] {
        var outcomes: [EntryOutcome] = []
        while let batch = try await consumer.next() {
            let handled = try await handler.handle(batch)
            try await consumer.settle(batch, handled)
            outcomes += handled
        }
        return outcomes
    }
}
