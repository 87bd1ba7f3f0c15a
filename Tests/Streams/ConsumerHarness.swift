import FoundationEssentials
import Logging
import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

/// Producers and consumers with separate keys, on the shared Redis server.
final class ConsumerHarness: Sendable {
    let keys: Keys
    let redis: RedisClient
    let url: String

    /// - Parameter own: A separate server that the test may disturb.
    init(own: RedisServer? = nil) throws {
        url = try own?.url ?? TestServers.redisURL
        keys = Keys(prefix: TestServers.keyPrefix())
        redis = RedisClient(configuration: try RedisConfiguration(url: url), logger: Self.silent)
    }

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The service of most tests. It has a command stream and follows two services.
    static let service = ServiceName.listings

    private static let follows: [ServiceName: [ServiceName]] = [service: [.users, .orders], .payments: [.orders]]

    func blocking() throws -> RedisClient {
        RedisClient(configuration: try RedisConfiguration(url: url), role: .blocking, logger: Self.silent)
    }

    /// Settings under which each read also claims idle entries and requeues due ones, and all waits are short.
    static var eager: ConsumerSettings {
        var settings = ConsumerSettings()
        settings.blockTimeout = .milliseconds(20)
        settings.claimInterval = .zero
        settings.dueInterval = .zero
        settings.failureDelay = .zero
        settings.minRetryDelay = .milliseconds(1)
        return settings
    }

    func consumer(
        _ service: ServiceName = service, _ settings: ConsumerSettings = eager, gate: HandlingGate = HandlingGate(),
        name: String = InstanceName.make()
    ) throws -> StreamConsumer {
        StreamConsumer(
            service: service, follows: Self.follows[service] ?? [], redis: redis, blocking: try blocking(), keys: keys,
            settings: settings, gate: gate, name: name, logger: Self.silent)
    }

    // MARK: Entries

    static func command(_ type: String = "CreateTicket", reply: String = "", body: String = #"{"a":1}"#)
        -> CommandEnvelope
    {
        var command = CommandEnvelope(
            id: .new(), type: type, at: Timestamp(milliseconds: 1_790_000_000_123), actor: .operator, reply: reply,
            body: Array(body.utf8))
        command.mac = CommandAuthenticator.test.code(of: command, to: service)
        return command
    }

    static func event(_ type: String = "UserCreated") -> EventEnvelope {
        EventEnvelope(
            id: .new(), type: type, at: Timestamp(milliseconds: 1_790_000_000_123),
            subject: UserID.new().description, version: 3, body: Array("{}".utf8))
    }

    @discardableResult
    func enqueue(_ command: CommandEnvelope = ConsumerHarness.command(), to service: ServiceName = service) async throws
        -> StreamID
    {
        try await CommandProducer(redis: redis, keys: keys, authenticator: .test).enqueue(command, to: service)
    }

    /// Adds an entry by hand.
    @discardableResult
    func add(_ fields: [String], to key: String) async throws -> StreamID {
        var command = RedisCommand("XADD", key, "*")
        command.append(contentsOf: fields)
        return try #require(try await redis.send(command).string.flatMap { StreamID($0) })
    }

    /// Appends an event to a service's event stream, like its relay.
    func publish(_ event: EventEnvelope, of service: ServiceName, as id: UInt64) async throws {
        let stream = EventStream(service: service, redis: redis, keys: keys)
        let last = try await stream.last().id
        #expect(
            try await stream.append(expectedLast: last, entries: [(id, event)])
                == .appended(count: 1, last: StreamID(outbox: id)))
    }

    // MARK: Reading

    /// Waits for the consumer's next batch, and returns it.
    func next(_ consumer: StreamConsumer) async throws -> Batch {
        while true { if let batch = try await consumer.next() { return batch } }
    }

    /// Makes the pending entries of a consumer look as if they had no heartbeat for a minute.
    func makeIdle(_ consumer: StreamConsumer, _ key: String, idle: Int = 60_000) async throws {
        let group = consumer.service.rawValue
        for (id, _) in try await pending(key, group) {
            _ = try await redis.send(
                RedisCommand("XCLAIM", key, group, consumer.name, 0, id, "IDLE", idle, "JUSTID"))
        }
    }

    func pending(_ key: String, _ group: String) async throws -> [(id: String, consumer: String)] {
        let reply = try await redis.send(RedisCommand("XPENDING", key, group, "-", "+", 1000))
        return (reply.array ?? []).map { ($0.array?[0].string ?? "", $0.array?[1].string ?? "") }
    }

    /// Returns the time since the last heartbeat for a pending entry, or since its delivery.
    func idleTime(of id: StreamID, in key: String, _ group: String) async throws -> Duration {
        let reply = try await redis.send(RedisCommand("XPENDING", key, group, id.description, id.description, 1))
        return .milliseconds(try #require(reply.array?.first?.array?[2].int))
    }

    func length(_ key: String) async throws -> Int {
        Int(try await redis.send(RedisCommand("XLEN", key)).int ?? -1)
    }

    func entries(_ key: String) async throws -> [StreamFields] {
        try StreamReplyParser.range(try await redis.send(RedisCommand("XRANGE", key, "-", "+")), "XRANGE").map(\.fields)
    }

    func members(_ key: String) async throws -> [String] {
        try await redis.send(RedisCommand("ZRANGE", key, 0, -1)).array?.compactMap(\.string) ?? []
    }

    /// Makes all deferred entries due now.
    func makeDue(_ service: ServiceName = service) async throws {
        for member in try await members(keys.deferred(service)) {
            _ = try await redis.send(RedisCommand("ZADD", keys.deferred(service), 1, member))
        }
    }

    /// Returns the number of errors with this code that the server has sent. Use it only with a separate server.
    func errorCount(_ code: String) async throws -> Int {
        let lines = try await redis.send(RedisCommand("INFO", "errorstats")).string?.split(whereSeparator: \.isNewline)
        let name = "errorstat_\(code):count="
        return lines?.first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }

    func close() async throws {
        var cursor = "0"
        repeat {
            let reply = try await redis.send(RedisCommand("SCAN", cursor, "MATCH", "\(keys.prefix):*", "COUNT", 1000))
            cursor = reply.array?.first?.string ?? "0"
            for key in reply.array?.last?.array?.compactMap(\.string) ?? [] {
                _ = try await redis.send(RedisCommand("DEL", key))
            }
        } while cursor != "0"
        await redis.close()
    }
}

extension Batch {
    var commandIDs: [CommandID] {
        entries.compactMap { if case .command(let command) = $0.content { command.id } else { nil } }
    }
}
