import FoundationEssentials
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Tests the relay one step at a time: every row is published once and in order, even if servers or other relays change
/// the state between steps.
@Suite struct RelayTests {
    private func commit(_ count: Int, in harness: ServiceHarness<UsersHandler>) async throws {
        let storage = ServiceStorage(service: .users)
        let events = (0..<count).map { index in
            OutboxEvent(
                id: .v7(), type: "UserCreated", at: .now(), subject: UserID.new().description, version: 1, trace: "",
                body: Array(#"{"n":\#(index)}"#.utf8))
        }
        try await harness.pool.withTransaction {
            try await storage.commit($0, changes: [], events: events)
        }
    }

    /// Returns the ids and event ids of the stream's entries.
    private func published(_ harness: ServiceHarness<UsersHandler>) async throws -> [String] {
        let reply = try await harness.redis.send(RedisCommand("XRANGE", harness.keys.events(.users), "-", "+"))
        return (reply.array ?? []).map { entry in
            "\(entry.array?[0].string ?? "") \(entry.array?[1].array?[1].string ?? "")"
        }
    }

    private func outbox(_ harness: ServiceHarness<UsersHandler>, after id: Int = 0) async throws -> [String] {
        try await harness.pool.query(
            "SELECT id::text, event_id::text FROM users.outbox WHERE id > \(id) ORDER BY outbox.id"
        )
        .decode((String, String).self).map { "\($0.0)-0 \($0.1)" }
    }

    @Test func rowIDsBecomeStreamIDs() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(3, in: harness)
        try await harness.runRelay()
        #expect(try await published(harness) == outbox(harness))
    }

    @Test func aRelayStoppedBetweenTwoStepsLosesAndRepeatsNoRow() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(2, in: harness)
        var first: Relay.Position?
        #expect(try await harness.relay.step(from: &first) == .appended(2))
        // The first relay stops, another one continues, and the first resumes at its old position.
        try await commit(2, in: harness)
        var second: Relay.Position?
        #expect(try await harness.relay.step(from: &second) == .appended(2))
        try await commit(1, in: harness)
        #expect(try await harness.relay.step(from: &first) == .moved)
        #expect(try await harness.relay.step(from: &first) == .appended(1))
        #expect(try await harness.relay.step(from: &second) == .moved)
        #expect(try await harness.relay.step(from: &second) == .idle)
        #expect(try await published(harness) == outbox(harness))
    }

    @Test func aFlushedStreamIsFilledAgainFromTheLowWaterMark() async throws {
        let redis = try await RedisServer.start()
        let harness = try await ServiceHarness.users(redisURL: redis.url)
        try await commit(4, in: harness)
        var position: Relay.Position?
        #expect(try await harness.relay.step(from: &position) == .appended(4))
        try await ServiceStorage(service: .users).outbox.mark(lastSettledID: 2, on: harness.pool)
        try await redis.flush()
        try await commit(1, in: harness)
        #expect(try await harness.relay.step(from: &position) == .moved)
        #expect(try await harness.relay.step(from: &position) == .appended(3))
        #expect(try await published(harness) == outbox(harness, after: 2))
    }

    @Test func concurrentRelaysAppendEachRowOnce() async throws {
        let harness = try await ServiceHarness.users()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<25 {
                        try await commit(2, in: harness)
                        try await harness.runRelay()
                    }
                }
            }
            try await group.waitForAll()
        }
        try await harness.runRelay()
        let rows = try await outbox(harness)
        #expect(rows.count == 200)
        let stream = try await published(harness)
        #expect(stream == rows, "\(stream.difference(from: rows))")
    }

    @Test func rowsCommittedWithinThePaceAreAppendedTogether() async throws {
        let harness = try await ServiceHarness.users()
        var relay = harness.relay
        relay.minAppendInterval = .seconds(3600)
        relay.finalPublishTimeout = .seconds(30)
        try await commit(1, in: harness)
        let running = RunningService(relay)
        try await eventually("the first row is published at once") { try await published(harness).count == 1 }
        for _ in 0..<20 {
            try await commit(1, in: harness)
            relay.wakeup.notify()
        }
        #expect(try await published(harness).count == 1)
        running.stop()
        try await running.wait()
        #expect(try await published(harness) == outbox(harness))
    }

    /// The client's command timeout is an hour, so that it does not end the relay's wait for an answer.
    @Test(.timeLimit(.minutes(1))) func aRelayEndsWithoutAnAnswerFromRedis() async throws {
        let redis = try await RedisServer.start()
        let harness = try await ServiceHarness.users(redisURL: redis.url)
        var configuration = try RedisConfiguration(url: redis.url)
        configuration.commandTimeout = .seconds(3600)
        let stream = EventStream(
            service: .users,
            redis: RedisClient(configuration: configuration, logger: ServiceHarness<UsersHandler>.logger),
            keys: harness.keys)
        let relay = Relay(
            service: .users, pool: harness.pool, outbox: ServiceStorage(service: .users).outbox, stream: stream,
            bound: StreamBound(), followers: [], wakeup: Wakeup(), logger: ServiceHarness<UsersHandler>.logger)
        try await commit(1, in: harness)
        let running = RunningService(relay)
        try await eventually("the relay runs") { try await published(harness).count == 1 }
        redis.suspend()
        try await commit(1, in: harness)
        running.stop()
        try await running.wait()
        redis.resume()
    }

    // MARK: Lost commits

    /// The events of the rows, in the order of their numbers.
    private func events(_ harness: ServiceHarness<UsersHandler>, after id: Int = 0) async throws -> [String] {
        try await outbox(harness, after: id).map { String($0.split(separator: " ")[1]) }
    }

    @Test func aFailoverThatLosesTheLastRowsDoesNotStopTheRelay() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(6, in: harness)
        var position: Relay.Position?
        #expect(try await harness.relay.step(from: &position) == .appended(6))
        try await harness.pool.execute("DELETE FROM users.outbox WHERE id > 3")
        #expect(try await harness.relay.step(from: &position) == .moved)
        #expect(try await harness.relay.step(from: &position) == .idle)
        try await commit(2, in: harness)
        #expect(try await harness.relay.step(from: &position) == .appended(2))
        #expect(try await outbox(harness, after: 3) == Array(published(harness).suffix(2)))
        #expect(try await published(harness).count == 8)
        let lost = try await ServiceStorage(service: .users).outbox.lostNumbers(on: harness.pool)
        #expect(lost == Outbox.LostNumbers(after: 3, through: 6))
        // A relay that starts now finds nothing to do.
        var other: Relay.Position?
        #expect(try await harness.relay.step(from: &other) == .idle)
    }

    @Test func rowsWithTheNumbersOfLostEventsArePublishedUnderNewOnes() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(8, in: harness)
        var position: Relay.Position?
        #expect(try await harness.relay.step(from: &position) == .appended(8))
        // The database loses the last rows, and gives two of their numbers to other events.
        try await harness.pool.execute("DELETE FROM users.outbox WHERE id > 3")
        try await harness.pool.execute("SELECT setval('users.outbox_ids', 3)")
        try await commit(2, in: harness)
        let committed = try await events(harness, after: 3)
        #expect(try await harness.relay.step(from: &position) == .moved)
        #expect(try await harness.relay.step(from: &position) == .appended(2))
        // The rows come after the lost events, in the order of their commits.
        #expect(try await events(harness, after: 8) == committed)
        #expect(try await published(harness).suffix(2) == outbox(harness, after: 8).suffix(2))
        #expect(try await outbox(harness).count == 5)
    }

    /// Every follower has settled all events, and the last row is lost.
    @Test func aRowWithTheNumberOfTheLowWaterMarkIsPublished() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(3, in: harness)
        try await harness.runRelay()
        try await ServiceStorage(service: .users).outbox.mark(lastSettledID: 3, on: harness.pool)
        try await harness.pool.execute("DELETE FROM users.outbox WHERE id = 3")
        try await harness.pool.execute("SELECT setval('users.outbox_ids', 2)")
        try await commit(1, in: harness)
        let committed = try await events(harness, after: 2)
        try await harness.runRelay()
        #expect(try await events(harness, after: 3) == committed)
        #expect(try await published(harness).last == outbox(harness, after: 3).last)
    }

    @Test func relaysThatFindALossAtTheSameTimePublishEachRowOnce() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(5, in: harness)
        try await harness.runRelay()
        try await harness.pool.execute("DELETE FROM users.outbox WHERE id > 3")
        try await harness.pool.execute("SELECT setval('users.outbox_ids', 3)")
        try await commit(4, in: harness)
        let committed = try await events(harness, after: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await harness.runRelay() } }
            try await group.waitForAll()
        }
        try await harness.runRelay()
        #expect(try await events(harness, after: 5) == committed)
        #expect(try await published(harness).suffix(4) == outbox(harness, after: 5).suffix(4))
        #expect(try await published(harness).count == 9)
    }

    @Test func aBackupRestoredIntoAnotherInstallationStopsTheRelay() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(3, in: harness)
        try await harness.runRelay()
        // The relay has stored the outbox table's object id in this mark. A restored backup has a different id.
        try await harness.pool.execute("UPDATE users.marks SET value = value - 1 WHERE name = 'outbox_table'")
        try await harness.pool.execute("DELETE FROM users.outbox WHERE id > 1")
        var position: Relay.Position?
        await #expect(throws: RestoredDatabase.self) { try await harness.relay.step(from: &position) }
        try await harness.pool.execute("SELECT setval('users.outbox_ids', 1)")
        try await commit(4, in: harness)
        await #expect(throws: RestoredDatabase.self) { try await harness.relay.step(from: &position) }
        #expect(try await published(harness).count == 3)
    }

    @Test func aDatabaseThatLacksManyEventsStopsTheRelay() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(2, in: harness)
        try await harness.pool.execute("SELECT setval('users.outbox_ids', 6000)")
        try await commit(1, in: harness)
        try await harness.runRelay()
        try await harness.pool.execute("DELETE FROM users.outbox WHERE id > 1")
        var position: Relay.Position?
        await #expect(throws: RestoredDatabase.self) { try await harness.relay.step(from: &position) }
    }

    @Test func pruningTrimsWhatEveryFollowerHasRead() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(3, in: harness)
        try await harness.runRelay()
        let storage = ServiceStorage(service: .users)
        let pruner = RetentionPruner(
            service: .users, pool: harness.pool, storage: storage, stream: harness.stream,
            followers: ServiceRegistry.topology.followers(of: .users), logger: ServiceHarness<UsersHandler>.logger)
        // From the second round on, some of the groups have read the entries, but not all.
        let key = harness.keys.events(.users)
        for group in ["tickets", "orders", "catalogue"] {
            try await pruner.prune(tablesToo: true)
            #expect(try await storage.outbox.lastSettledID(on: harness.pool) == 0)
            #expect(try await published(harness).count == 3)
            _ = try await harness.redis.send(RedisCommand("XGROUP", "CREATE", key, group, "0"))
            _ = try await harness.redis.send(
                RedisCommand("XREADGROUP", "GROUP", group, "me", "STREAMS", key, ">"))
            _ = try await harness.redis.send(RedisCommand("XACK", key, group, "1-0", "2-0", "3-0"))
        }
        try await pruner.prune(tablesToo: true)
        #expect(try await storage.outbox.lastSettledID(on: harness.pool) == 3)
        // The entry at the mark stays, to identify the stream's outbox.
        #expect(try await published(harness).count == 1)
    }

    @Test func aDeferredEventHoldsTheOutboxButNotTheStream() async throws {
        let harness = try await ServiceHarness.users()
        try await commit(3, in: harness)
        try await harness.runRelay()
        let storage = ServiceStorage(service: .users)
        let pruner = RetentionPruner(
            service: .users, pool: harness.pool, storage: storage, stream: harness.stream,
            followers: ServiceRegistry.topology.followers(of: .users), logger: ServiceHarness<UsersHandler>.logger)
        let key = harness.keys.events(.users)
        for group in ["tickets", "orders", "catalogue"] {
            _ = try await harness.redis.send(RedisCommand("XGROUP", "CREATE", key, group, "0"))
            _ = try await harness.redis.send(RedisCommand("XREADGROUP", "GROUP", group, "me", "STREAMS", key, ">"))
            _ = try await harness.redis.send(RedisCommand("XACK", key, group, "1-0", "2-0", "3-0"))
        }
        _ = try await harness.redis.send(RedisCommand("ZADD", harness.keys.deferred(.listings, from: .users), 2, "2-0"))
        try await pruner.prune(tablesToo: false)
        #expect(try await storage.outbox.lastSettledID(on: harness.pool) == 1)
        #expect(try await published(harness).count == 1)
        // The relay can continue from the remaining entry.
        try await commit(1, in: harness)
        var position: Relay.Position?
        #expect(try await harness.relay.step(from: &position) == .appended(1))
    }
}
