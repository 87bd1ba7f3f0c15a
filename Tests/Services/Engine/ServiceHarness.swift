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

@testable import Services

/// One service with a real Redis and PostgreSQL. Nothing runs in the background: a test runs each step.
struct ServiceHarness<Handler: ServiceHandler>: Sendable {
    let service: ServiceName
    let pool: PostgresPool
    let redis: RedisClient
    let keys: Keys
    let consumer: StreamConsumer
    let processor: BatchProcessor<Handler>
    let relay: Relay
    let stream: EventStream
    let producer: CommandProducer
    /// The processor's clock, which a test can advance.
    let clock = TestClock()
    /// The address of the process that gets the replies.
    let instance = "test"

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// - Parameters:
    ///   - copies: The copies that the engine keeps, or `nil` for the copies of the service.
    ///   - redisURL: The URL of a Redis, or `nil` for the one that the tests share.
    ///   - failureDelay: The time after which a failed entry is tried again.
    ///   - acceptsUnsigned: Whether the processor accepts commands without a code.
    ///   - decisionTime: The time after which the rest of a batch is put off.
    ///   - other: A harness whose database and keys this one uses, like another worker.
    init(
        _ handler: Handler, copies: [any KeptCopy]? = nil, redisURL: String? = nil,
        failureDelay: Duration = .milliseconds(1), acceptsUnsigned: Bool = false,
        decisionTime: Duration = .seconds(1), sharing other: ServiceHarness? = nil
    ) async throws {
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
        settings.blockTimeout = .milliseconds(50)
        settings.failureDelay = failureDelay
        consumer = StreamConsumer(
            service: handler.service, follows: ServiceRegistry.topology.follows(handler.service), redis: redis,
            blocking: RedisClient(configuration: configuration, role: .blocking, logger: Self.logger), keys: keys,
            settings: settings, logger: Self.logger)
        let wakeup = Wakeup()
        let storage = ServiceStorage(service: handler.service)
        processor = BatchProcessor(
            handler: handler, copies: copies ?? ServiceRegistry.copies(of: handler.service), pool: pool,
            storage: storage,
            senders: CommandSenders(
                authenticator: .test, timerCommands: ServiceRegistry.timerCommands(of: handler.service),
                acceptsUnsigned: acceptsUnsigned),
            relay: wakeup, logger: Self.logger, decisionTime: decisionTime, clock: clock.now)
        stream = EventStream(service: handler.service, redis: redis, keys: keys)
        relay = Relay(
            service: handler.service, pool: pool, outbox: storage.outbox, stream: stream, bound: StreamBound(),
            followers: ServiceRegistry.topology.followers(of: handler.service), wakeup: wakeup, logger: Self.logger)
        producer = CommandProducer(redis: redis, keys: keys, authenticator: .test)
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

    /// Appends an event to another service's stream, as that service's relay does.
    @discardableResult
    func deliver(_ event: NewEvent, from source: ServiceName, id: EventID = .new()) async throws -> EventID {
        var words = RedisCommand("XADD", keys.events(source), "*")
        words.append(contentsOf: [
            "id", id.description, "type", event.type.rawValue, "v", "1", "at", Timestamp.now().description, "subject",
            event.subject, "version", "\(event.version)", "trace", "", "body",
        ])
        words.append(Array(try JSONEncoder().encode(event.body)))
        _ = try await redis.send(words)
        return id
    }

    /// Appends an entry to the command stream by hand.
    func write(_ fields: String...) async throws {
        var words = RedisCommand("XADD", keys.commands(service), "*")
        words.append(contentsOf: fields)
        _ = try await redis.send(words)
    }

    // MARK: Working

    /// Handles batches until nothing is waiting or deferred.
    func drain() async throws {
        repeat {
            while let batch = try await consumer.next() { try await handle(batch) }
        } while try await count("ZCARD", keys.deferred(service)) > 0
    }

    /// Waits until a batch is due, and returns it. Returns `nil` if there is none after some seconds.
    func nextDue() async throws -> Batch? {
        for _ in 0..<200 {
            if let batch = try await consumer.next() { return batch }
        }
        return nil
    }

    func handle(_ batch: Batch) async throws {
        try await consumer.settle(batch, try await processor.process(batch))
    }

    /// Publishes all rows of the outbox.
    func runRelay() async throws {
        var position: Relay.Position?
        while try await relay.step(from: &position) != .idle {}
    }

    /// Does all work that decisions have started.
    func runWork() async throws { try await WorkSweep(processor: processor, logger: Self.logger).sweep() }

    // MARK: State

    /// Returns the replies that were sent, oldest first.
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

    func refusal(of id: CommandID) async throws -> Refusal.Code? { try await wholeRefusal(of: id)?.code }

    func wholeRefusal(of id: CommandID) async throws -> Refusal? {
        guard let reply = try await replies(to: id).last, reply.outcome != "done" else { return nil }
        return try JSONDecoder().decode(Refusal.self, from: Data(reply.body.utf8))
    }

    func count(_ command: String, _ key: String) async throws -> Int64 {
        try await redis.send(RedisCommand(command, key)).int ?? 0
    }

    func deadLetterCount() async throws -> Int64 { try await count("XLEN", keys.deadLetters(service)) }
    func backlog() async throws -> Int64 { try await count("XLEN", keys.commands(service)) }

    /// Holds the outbox lock while the body runs, so that batches with events wait just before COMMIT.
    func holdingCommits<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let (locked, didLock) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let event = OutboxEvent(
            id: UUID(), type: "Held", at: .now(), subject: "", version: 1, trace: "", body: Array("{}".utf8))
        let lock = processor.storage.outbox.appendSQL([event])[0]
        let holder = Task {
            try await pool.withTransaction { transaction in
                try await transaction.execute(lock)
                didLock.finish()
                for await _ in released {}
            }
        }
        for await _ in locked {}
        defer { release.finish() }
        let value = try await body()
        release.finish()
        try await holder.value
        return value
    }

    /// Waits until this number of sessions of the test's database wait for a lock.
    func waitForLocks(_ sessions: Int) async throws {
        try await waitUntil(
            """
            SELECT count(*) = \(sessions) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """, on: pool)
    }

    /// Sends two equal commands to each of two workers, whose transactions overlap: the second worker waits for the
    /// locks of the first.
    func race(_ command: some CommandPayload, actor: Actor) async throws {
        let other = try await ServiceHarness(processor.handler, sharing: self)
        for _ in 1...2 { try await send(command, actor: actor) }
        let first = try #require(try await consumer.next())
        for _ in 1...2 { try await send(command, actor: actor) }
        let second = try #require(try await other.consumer.next())
        let workers = try await holdingCommits {
            let one = Task { try await handle(first) }
            try await waitForLocks(1)
            let two = Task { try await other.handle(second) }
            try await waitForLocks(2)
            return [one, two]
        }
        for worker in workers { try await worker.value }
    }

    func number(_ sql: SQL) async throws -> Int {
        try await pool.query(sql)[0].decode(Int.self)
    }
}

/// The wall clock, which a test can advance and stop.
final class TestClock: Sendable {
    private let offset = Mutex(Duration.zero)
    private let stoppedAt = Mutex(Timestamp?.none)

    @Sendable func now() -> Timestamp { (stoppedAt.withLock { $0 } ?? .now()) + offset.withLock { $0 } }
    func advance(by duration: Duration) { offset.withLock { $0 += duration } }
    func stop() { stoppedAt.withLock { $0 = .now() } }
}

extension NewEvent {
    static func user(_ state: UserState) -> NewEvent {
        NewEvent(
            state.version == 1 ? .userCreated : .userUpdated, subject: state.id, version: state.version, body: state)
    }

    static func listing(_ state: ListingState) -> NewEvent {
        NewEvent(
            state.version == 1 ? .ticketCreated : .ticketUpdated, subject: state.id, version: state.version, body: state
        )
    }
}
