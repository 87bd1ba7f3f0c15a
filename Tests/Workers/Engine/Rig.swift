import FoundationEssentials
import Logging
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Synchronization
import Testing

@testable import Workers

/// One service on a real Redis and PostgreSQL of the test's own, taken step by step: nothing runs that the test does not
/// run.
struct Rig<Handler: ServiceHandler>: Sendable {
    let service: Marketplace.Service
    let pool: PostgresPool
    let redis: RedisClient
    let keys: Keys
    let consumer: StreamConsumer
    let processor: BatchProcessor<Handler>
    let relay: Relay
    let stream: EventStream
    let producer: CommandProducer
    /// The processor's clock, which a test may put forward.
    let clock = TestClock()
    /// The process that replies go to.
    let instance = "test"

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// - Parameter redisURL: The tests' shared Redis when nil.
    init(_ handler: Handler, redisURL: String? = nil, sharing other: Rig? = nil) async throws {
        service = handler.service
        if let other {
            (pool, keys) = (other.pool, other.keys)
        } else {
            pool = PostgresPool(
                try PostgresConfiguration(url: await TestServers.freshDatabase()), size: 8)
            keys = Keys(prefix: TestServers.keyPrefix())
        }
        let configuration = try RedisConfiguration(url: redisURL ?? TestServers.redisURL)
        redis = RedisClient(configuration: configuration, logger: Self.logger)
        var settings = ConsumerSettings()
        settings.block = .milliseconds(50)
        settings.failureDelay = .milliseconds(1)
        consumer = StreamConsumer(
            service: handler.service, redis: redis,
            blocking: RedisClient(configuration: configuration, role: .blocking, logger: Self.logger), keys: keys,
            settings: settings, logger: Self.logger)
        let signal = Signal()
        let storage = ServiceStorage(service: handler.service)
        processor = BatchProcessor(
            handler: handler, pool: pool, storage: storage, relay: signal, logger: Self.logger,
            clock: clock.now)
        stream = EventStream(service: handler.service, redis: redis, keys: keys)
        relay = Relay(
            service: handler.service, pool: pool, outbox: storage.outbox, stream: stream, bound: StreamBound(),
            signal: signal, logger: Self.logger)
        producer = CommandProducer(redis: redis, keys: keys)
    }

    // MARK: Sending

    @discardableResult
    func send(
        _ payload: some CommandPayload, id: CommandID = .new(), actor: Actor = .nobody, at: Timestamp = .now(),
        fingerprint: String? = nil, reply: String? = nil
    ) async throws -> CommandID {
        try await producer.enqueue(
            CommandEnvelope(
                id: id, type: type(of: payload).type, at: at, actor: actor, reply: reply ?? instance,
                fingerprint: fingerprint,
                body: Array(try JSONEncoder().encode(payload))), to: service)
        return id
    }

    /// Puts an event into another service's stream, as its relay would.
    @discardableResult
    func tell(_ event: NewEvent, from source: Marketplace.Service, id: EventID = .new()) async throws -> EventID {
        var words = RedisCommand("XADD", keys.events(source), "*")
        words.append(contentsOf: [
            "id", id.description, "type", event.type.rawValue, "v", "1", "at", Timestamp.now().description, "subject",
            event.subject, "version", "\(event.version)", "trace", "", "body",
        ])
        words.append(Array(try JSONEncoder().encode(event.body)))
        _ = try await redis.send(words)
        return id
    }

    /// Writes an entry as a hand would.
    func write(_ fields: String...) async throws {
        var words = RedisCommand("XADD", keys.commands(service), "*")
        words.append(contentsOf: fields)
        _ = try await redis.send(words)
    }

    // MARK: Working

    /// Takes what waits, batch after batch, until nothing is there or put off.
    func drain() async throws {
        repeat {
            while let batch = try await consumer.next() { try await handle(batch) }
        } while try await count("ZCARD", keys.later(service)) > 0
    }

    /// The next batch, when what was put off is due.
    func due() async throws -> Batch? {
        for _ in 0..<200 {
            if let batch = try await consumer.next() { return batch }
        }
        return nil
    }

    func handle(_ batch: Batch) async throws {
        try await consumer.settle(batch, try await processor.process(batch))
    }

    func publish() async throws {
        var position: Relay.Position?
        while try await relay.step(from: &position) != .idle {}
    }

    // MARK: Looking

    /// What was replied, oldest first.
    func replies() async throws -> [(id: String, outcome: String, body: String)] {
        let reply = try await redis.send(RedisCommand("XRANGE", keys.replies(instance), "-", "+"))
        return (reply.array ?? []).map { entry in
            let fields = (entry.array?[1].array ?? []).compactMap(\.string)
            let named = Dictionary(
                uniqueKeysWithValues: stride(from: 0, to: fields.count - 1, by: 2).map { (fields[$0], fields[$0 + 1]) })
            return (named["id"] ?? "", named["outcome"] ?? "", named["body"] ?? "")
        }
    }

    func replies(to id: CommandID) async throws -> [(outcome: String, body: String)] {
        try await replies().filter { $0.id == id.description }.map { ($0.outcome, $0.body) }
    }

    func refusal(of id: CommandID) async throws -> Refusal.Code? {
        guard let reply = try await replies(to: id).last, reply.outcome != "done" else { return nil }
        return try JSONDecoder().decode(Refusal.self, from: Data(reply.body.utf8)).code
    }

    func count(_ command: String, _ key: String) async throws -> Int64 {
        try await redis.send(RedisCommand(command, key)).int ?? 0
    }

    func dead() async throws -> Int64 { try await count("XLEN", keys.dead(service)) }
    func backlog() async throws -> Int64 { try await count("XLEN", keys.commands(service)) }

    /// Holds every batch that has events just before its COMMIT, for as long as the body runs.
    func holdingCommits<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let (isHeld, tell) = AsyncStream.makeStream(of: Void.self)
        let (mayGo, letGo) = AsyncStream.makeStream(of: Void.self)
        let event = OutboxEvent(
            id: UUID(), type: "Held", at: .now(), subject: "", version: 1, trace: "", body: Array("{}".utf8))
        let lock = processor.storage.outbox.appendSQL([event])[0]
        let holder = Task {
            try await pool.withTransaction { transaction in
                try await transaction.execute(lock)
                tell.finish()
                for await _ in mayGo {}
            }
        }
        for await _ in isHeld {}
        defer { letGo.finish() }
        let value = try await body()
        letGo.finish()
        try await holder.value
        return value
    }

    /// Until so many sessions of the test's database wait for a lock.
    func untilWaiting(_ sessions: Int) async throws {
        try await until(
            """
            SELECT count(*) = \(sessions) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """)
    }

    /// Asks until the server says yes: what is waited for is in the server, and it has no other way to tell.
    func until(_ condition: SQL) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !pool.query(condition)[0].decode(Bool.self) {
            try #require(ContinuousClock.now < deadline, "the server never said yes to: \(condition)")
        }
    }

    func number(_ sql: SQL) async throws -> Int {
        try await pool.query(sql)[0].decode(Int.self)
    }
}

/// The wall clock, put forward by hand.
final class TestClock: Sendable {
    private let ahead = Mutex(Duration.zero)

    @Sendable func now() -> Timestamp { .now() + ahead.withLock { $0 } }
    func advance(by duration: Duration) { ahead.withLock { $0 += duration } }
}

extension NewEvent {
    static func user(_ state: UserState) -> NewEvent {
        NewEvent(
            state.version == 1 ? .userCreated : .userUpdated, subject: state.id, version: state.version, body: state)
    }

    static func ticket(_ state: TicketState) -> NewEvent {
        NewEvent(
            state.version == 1 ? .ticketCreated : .ticketUpdated, subject: state.id, version: state.version, body: state
        )
    }
}
