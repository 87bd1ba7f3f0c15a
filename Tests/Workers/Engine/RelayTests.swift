import FoundationEssentials
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Testing

@testable import Workers

/// The relay at the instants that matter: every row is in the stream once, in order, whatever happened between steps.
@Suite struct RelayTests {
    private func commit(_ count: Int, in rig: Rig<UsersHandler>) async throws {
        let storage = ServiceStorage(service: .users)
        let events = (0..<count).map { index in
            OutboxEvent(
                id: .v7(), type: "UserCreated", at: .now(), subject: UserID.new().description, version: 1, trace: "",
                body: Array(#"{"n":\#(index)}"#.utf8))
        }
        try await rig.pool.withTransaction {
            try await storage.commit($0, changes: [], events: events)
        }
    }

    /// The stream's ids and event ids.
    private func published(_ rig: Rig<UsersHandler>) async throws -> [String] {
        let reply = try await rig.redis.send(RedisCommand("XRANGE", rig.keys.events(.users), "-", "+"))
        return (reply.array ?? []).map { entry in
            "\(entry.array?[0].string ?? "") \(entry.array?[1].array?[1].string ?? "")"
        }
    }

    private func outbox(_ rig: Rig<UsersHandler>, after id: Int = 0) async throws -> [String] {
        try await rig.pool.query(
            "SELECT id::text, event_id::text FROM users.outbox WHERE id > \(id) ORDER BY outbox.id"
        )
        .decode((String, String).self).map { "\($0.0)-0 \($0.1)" }
    }

    @Test func rowsAreAppendedUnderTheirOwnNumbers() async throws {
        let rig = try await Rig.users()
        try await commit(3, in: rig)
        try await rig.publish()
        #expect(try await published(rig) == outbox(rig))
    }

    @Test func aRelayStoppedBetweenAppendAndItsNextReadLosesAndDoublesNothing() async throws {
        let rig = try await Rig.users()
        try await commit(2, in: rig)
        var first: Relay.Position?
        #expect(try await rig.relay.step(from: &first) == .appended(2))
        // The first knows no more of what follows; another goes on, and the first comes back with what it knew.
        try await commit(2, in: rig)
        var second: Relay.Position?
        #expect(try await rig.relay.step(from: &second) == .appended(2))
        try await commit(1, in: rig)
        #expect(try await rig.relay.step(from: &first) == .moved)
        #expect(try await rig.relay.step(from: &first) == .appended(1))
        #expect(try await rig.relay.step(from: &second) == .moved)
        #expect(try await rig.relay.step(from: &second) == .idle)
        #expect(try await published(rig) == outbox(rig))
    }

    @Test func redisFlushedBetweenTwoAppendsIsFilledAgainFromTheLowWaterMark() async throws {
        let redis = try await OwnRedis.start()
        let rig = try await Rig.users(redisURL: redis.url)
        try await commit(4, in: rig)
        var position: Relay.Position?
        #expect(try await rig.relay.step(from: &position) == .appended(4))
        try await ServiceStorage(service: .users).outbox.mark(lowWater: 2, on: rig.pool)
        try await redis.flush()
        try await commit(1, in: rig)
        #expect(try await rig.relay.step(from: &position) == .moved)
        #expect(try await rig.relay.step(from: &position) == .appended(3))
        #expect(try await published(rig) == outbox(rig, after: 2))
    }

    @Test func relaysThatRunAtOnceAppendEachRowOnce() async throws {
        let rig = try await Rig.users()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<25 {
                        try await commit(2, in: rig)
                        try await rig.publish()
                    }
                }
            }
            try await group.waitForAll()
        }
        try await rig.publish()
        let rows = try await outbox(rig)
        #expect(rows.count == 200)
        let stream = try await published(rig)
        #expect(stream == rows, "\(stream.difference(from: rows))")
    }

    @Test func whatIsCommittedSoonAfterAnAppendGoesTogetherAndAtTheEndAtTheLatest() async throws {
        let rig = try await Rig.users()
        var relay = rig.relay
        relay.pace = .seconds(3600)
        try await commit(1, in: rig)
        let running = RunningService(relay)
        try await eventually("the first goes at once") { try await published(rig).count == 1 }
        for _ in 0..<20 {
            try await commit(1, in: rig)
            relay.signal.fire()
        }
        #expect(try await published(rig).count == 1)
        running.stop()
        try await running.wait()
        #expect(try await published(rig) == outbox(rig))
    }

    /// The client of that Redis would wait for an hour.
    @Test(.timeLimit(.minutes(1))) func aRelayEndsThoughRedisDoesNotAnswer() async throws {
        let redis = try await OwnRedis.start()
        let rig = try await Rig.users(redisURL: redis.url)
        var configuration = try RedisConfiguration(url: redis.url)
        configuration.commandTimeout = .seconds(3600)
        let stream = EventStream(
            service: .users, redis: RedisClient(configuration: configuration, logger: Rig<UsersHandler>.logger),
            keys: rig.keys)
        let relay = Relay(
            service: .users, pool: rig.pool, outbox: ServiceStorage(service: .users).outbox, stream: stream,
            bound: StreamBound(), signal: Signal(), logger: Rig<UsersHandler>.logger)
        try await commit(1, in: rig)
        let running = RunningService(relay)
        try await eventually("it runs") { try await published(rig).count == 1 }
        redis.suspend()
        try await commit(1, in: rig)
        running.stop()
        try await running.wait()
        redis.resume()
    }

    @Test func aStreamThatIsAheadOfTheOutboxStopsTheRelay() async throws {
        let rig = try await Rig.users()
        try await commit(3, in: rig)
        try await rig.publish()
        // What a backup from before the last two commits brings back.
        try await rig.pool.execute("DELETE FROM users.outbox WHERE id > 1")
        var position: Relay.Position?
        await #expect(throws: RestoredDatabase.self) { try await rig.relay.step(from: &position) }
    }

    @Test func aDatabaseOfAnotherDayBehindTheSameAddressIsNoticedBeforeTheNextAppend() async throws {
        let rig = try await Rig.users()
        try await commit(3, in: rig)
        var position: Relay.Position?
        #expect(try await rig.relay.step(from: &position) == .appended(3))
        // The relay keeps its place; the database forgets the last two and goes on from there.
        try await rig.pool.execute("DELETE FROM users.outbox WHERE id > 1")
        try await rig.pool.execute("SELECT setval('users.outbox_ids', 1)")
        try await commit(4, in: rig)
        #expect(try await rig.relay.step(from: &position) == .moved)
        await #expect(throws: RestoredDatabase.self) { try await rig.relay.step(from: &position) }
        #expect(try await published(rig).count == 3)
    }

    @Test func aRowThatIsNotTheStreamsEventStopsTheRelay() async throws {
        let rig = try await Rig.users()
        try await commit(2, in: rig)
        try await rig.publish()
        try await rig.pool.execute("UPDATE users.outbox SET event_id = gen_random_uuid() WHERE id = 2")
        try await commit(1, in: rig)
        var position: Relay.Position?
        await #expect(throws: RestoredDatabase.self) { try await rig.relay.step(from: &position) }
    }

    @Test func aFullStreamLeavesTheRestInTheOutboxUntilItIsRead() async throws {
        let rig = try await Rig.users()
        try await commit(5, in: rig)
        let relay = Relay(
            service: .users, pool: rig.pool, outbox: ServiceStorage(service: .users).outbox, stream: rig.stream,
            bound: StreamBound(entries: 3), signal: Signal(), logger: Rig<UsersHandler>.logger)
        var position: Relay.Position?
        #expect(try await relay.step(from: &position) == .appended(3, leavesMore: true))
        #expect(try await relay.step(from: &position) == .full)
        try await rig.stream.trim(before: StreamID(outbox: 3))
        #expect(try await relay.step(from: &position) == .appended(2))
        #expect(try await published(rig) == outbox(rig, after: 2))
    }

    @Test func theCustodianLetsGoOfWhatEveryFollowerHasRead() async throws {
        let rig = try await Rig.users()
        try await commit(3, in: rig)
        try await rig.publish()
        let storage = ServiceStorage(service: .users)
        let custodian = Custodian(
            service: .users, pool: rig.pool, storage: storage, stream: rig.stream, logger: Rig<UsersHandler>.logger)
        // Only one of the two groups has read.
        let key = rig.keys.events(.users)
        for group in ["tickets", "orders"] {
            try await custodian.tidy(tablesToo: true)
            #expect(try await storage.outbox.lowWater(on: rig.pool) == 0)
            #expect(try await published(rig).count == 3)
            _ = try await rig.redis.send(RedisCommand("XGROUP", "CREATE", key, group, "0"))
            _ = try await rig.redis.send(
                RedisCommand("XREADGROUP", "GROUP", group, "me", "STREAMS", key, ">"))
            _ = try await rig.redis.send(RedisCommand("XACK", key, group, "1-0", "2-0", "3-0"))
        }
        try await custodian.tidy(tablesToo: true)
        #expect(try await storage.outbox.lowWater(on: rig.pool) == 3)
        // The entry at the mark stays, to tell which outbox the stream belongs to.
        #expect(try await published(rig).count == 1)
    }

    @Test func anEventThatIsPutOffHoldsTheOutboxButNotTheStream() async throws {
        let rig = try await Rig.users()
        try await commit(3, in: rig)
        try await rig.publish()
        let storage = ServiceStorage(service: .users)
        let custodian = Custodian(
            service: .users, pool: rig.pool, storage: storage, stream: rig.stream, logger: Rig<UsersHandler>.logger)
        let key = rig.keys.events(.users)
        for group in ["tickets", "orders"] {
            _ = try await rig.redis.send(RedisCommand("XGROUP", "CREATE", key, group, "0"))
            _ = try await rig.redis.send(RedisCommand("XREADGROUP", "GROUP", group, "me", "STREAMS", key, ">"))
            _ = try await rig.redis.send(RedisCommand("XACK", key, group, "1-0", "2-0", "3-0"))
        }
        _ = try await rig.redis.send(RedisCommand("ZADD", rig.keys.later(.tickets, from: .users), 2, "2-0"))
        try await custodian.tidy(tablesToo: false)
        #expect(try await storage.outbox.lowWater(on: rig.pool) == 1)
        #expect(try await published(rig).count == 1)
        // What is left is enough to go on from.
        try await commit(1, in: rig)
        var position: Relay.Position?
        #expect(try await rig.relay.step(from: &position) == .appended(1))
    }
}
