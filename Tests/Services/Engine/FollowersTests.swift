import FoundationEssentials
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Tests that the relay does not wait for any follower, that a follower that fell behind gets every event in order, and
/// that a build keeps the events for followers that it does not know.
@Suite struct FollowersTests {
    /// The users service publishes to a stream of at most ten entries. Its followers are tickets and orders.
    private struct Fixture {
        let harness: ServiceHarness<UsersHandler>
        let storage = ServiceStorage(service: .users)
        let relay: Relay

        init(redisURL: String? = nil) async throws {
            harness = try await ServiceHarness.users(redisURL: redisURL)
            relay = Relay(
                service: .users, pool: harness.pool, outbox: storage.outbox, stream: harness.stream,
                bound: StreamBound(entries: 10), followers: [.listings, .orders], wakeup: Wakeup(),
                logger: ServiceHarness<UsersHandler>.logger)
        }

        var pruner: RetentionPruner {
            RetentionPruner(
                service: .users, pool: harness.pool, storage: storage, stream: harness.stream,
                followers: [.listings, .orders], logger: ServiceHarness<UsersHandler>.logger)
        }

        var feeder: CatchUpFeeder {
            CatchUpFeeder(
                service: .users, pool: harness.pool, outbox: storage.outbox, followers: storage.followers,
                catchUp: harness.stream.catchUp, logger: ServiceHarness<UsersHandler>.logger)
        }

        /// Commits events, five at a time, and publishes them.
        func publish(_ count: Int) async throws {
            var position: Relay.Position?
            for start in stride(from: 0, to: count, by: 5) {
                let events = (0..<min(5, count - start)).map { _ in
                    OutboxEvent(
                        id: .v7(), type: "UserCreated", at: .now(), subject: UserID.new().description, version: 1,
                        trace: "", body: Array("{}".utf8))
                }
                try await harness.pool.withTransaction {
                    try await storage.commit($0, changes: [], events: events)
                }
                var step: Relay.Step
                repeat { step = try await relay.step(from: &position) } while step != .idle
            }
        }

        func consumer(of service: ServiceName, batchSize: Int = 256) throws -> StreamConsumer {
            var settings = ConsumerSettings()
            (settings.blockTimeout, settings.claimInterval) = (.milliseconds(10), .zero)
            settings.batchSize = batchSize
            return StreamConsumer(
                service: service, follows: [.users], redis: harness.redis,
                blocking: RedisClient(
                    configuration: harness.redis.configuration, role: .blocking,
                    logger: ServiceHarness<UsersHandler>.logger),
                keys: harness.keys, settings: settings, logger: ServiceHarness<UsersHandler>.logger)
        }

        /// Feeds the follower, and settles the entries that its consumer gets, until it has the event of row `last`.
        /// Returns the row numbers.
        func readAll(_ consumer: StreamConsumer, upTo last: UInt64) async throws -> [UInt64] {
            var seen: [UInt64] = []
            while seen.last != last {
                _ = try await feeder.step()
                try await pruner.prune(tablesToo: false)
                guard let batch = try await consumer.next() else { continue }
                seen += batch.entries.map(\.streamID.outboxID)
                try await consumer.settle(batch, batch.entries.map { _ in .done })
            }
            return seen
        }

        func settled() async throws -> [String: Int64] {
            try await storage.followers.rows(on: harness.pool).reduce(into: [:]) { $0[$1.name] = $1.settled }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aFollowerThatIsAwayHoldsUpNobodyAndCatchesUpInOrder() async throws {
        let fixture = try await Fixture()
        let listings = try fixture.consumer(of: .listings)
        let orders = try fixture.consumer(of: .orders)
        try await fixture.publish(5)
        #expect(try await fixture.readAll(orders, upTo: 5) == Array(1...5))
        #expect(try await fixture.readAll(listings, upTo: 5) == Array(1...5))
        // The orders service is stopped, and the listings service runs.
        for round in UInt64(1)...10 {
            try await fixture.publish(10)
            let last = 5 + round * 10
            #expect(try await fixture.readAll(listings, upTo: last) == Array(last - 9...last))
            #expect(try await fixture.harness.stream.length() <= 10)
        }
        #expect(try await fixture.storage.outbox.lastSettledID(on: fixture.harness.pool) == 5)
        #expect(try await fixture.harness.stream.catchUp.gaps().map(\.follower) == ["orders"])

        #expect(try await fixture.readAll(orders, upTo: 105) == Array(6...105))
        while try await !fixture.harness.stream.catchUp.gaps().isEmpty { _ = try await fixture.feeder.step() }
        try await fixture.publish(3)
        #expect(try await fixture.readAll(orders, upTo: 108) == [106, 107, 108])
        #expect(try await fixture.readAll(listings, upTo: 108) == [106, 107, 108])
        try await fixture.pruner.prune(tablesToo: false)
        #expect(try await fixture.settled() == ["tickets": 108, "orders": 108])
        let catchUp = RedisCommand("EXISTS", fixture.harness.keys.catchUp(.users, to: "orders"))
        #expect(try await fixture.harness.redis.send(catchUp).int == 0)
    }

    @Test(.timeLimit(.minutes(1))) func entriesThatAreTrimmedWhilePendingAreGivenAgain() async throws {
        let fixture = try await Fixture()
        let orders = try fixture.consumer(of: .orders, batchSize: 4)
        try await fixture.publish(5)
        let batch = try #require(try await orders.next())
        #expect(batch.entries.map(\.streamID.outboxID) == [1, 2, 3, 4])
        try await fixture.publish(20)
        // The orders service has committed the batch, but its acknowledgement finds no consumer group.
        try await orders.settle(batch, batch.entries.map { _ in .done })
        #expect(try await fixture.readAll(orders, upTo: 25) == Array(1...25))
    }

    @Test func rowsFedAtATimeAreBounded() async throws {
        let fixture = try await Fixture()
        try await fixture.harness.stream.catchUp.begin("orders", at: 0)
        let events = (0..<2500).map { _ in
            OutboxEvent(
                id: .v7(), type: "UserCreated", at: .now(), subject: UserID.new().description, version: 1, trace: "",
                body: Array("{}".utf8))
        }
        try await fixture.harness.pool.withTransaction {
            try await fixture.storage.commit($0, changes: [], events: events)
        }
        var position: Relay.Position?
        while try await fixture.relay.step(from: &position) != .idle {}
        // Several feeders at once add each row once.
        let feeders = [fixture.feeder, fixture.feeder, fixture.feeder]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for feeder in feeders { group.addTask { for _ in 0..<5 { _ = try await feeder.step() } } }
            try await group.waitForAll()
        }
        let key = fixture.harness.keys.catchUp(.users, to: "orders")
        let ids = try await fixture.harness.redis.send(RedisCommand("XRANGE", key, "-", "+")).array ?? []
        #expect(ids.map { $0.array?[0].string } == (1...1000).map { "\($0)-0" })
    }

    @Test func aFeederWithAnOldPositionDoesNothing() async throws {
        let fixture = try await Fixture()
        let catchUp = fixture.harness.stream.catchUp
        try await fixture.publish(20)
        try await catchUp.begin("orders", at: 2)
        let old = try #require(try await catchUp.gaps().first { $0.follower == "orders" })
        #expect(old.position == 0 || old.position == 2)
        let rows = try await fixture.storage.outbox.read(after: old.position, limit: 4, on: fixture.harness.pool)
            .map { (UInt64($0.id), EventEnvelope($0.event)) }
        #expect(try await catchUp.feed(old, rows))
        #expect(try await !catchUp.feed(old, rows))
        #expect(try await catchUp.join(old, at: old.position, next: nil) == .moved)
        // The follower must not return to the event stream before it has settled these rows, nor while that stream
        // begins after the next row.
        let fed = try #require(try await catchUp.gaps().first { $0.follower == "orders" })
        #expect(fed.unsettled == 4)
        #expect(try await catchUp.join(fed, at: fed.position, next: fed.position + 1) == .unsettled)
        let key = fixture.harness.keys.catchUp(.users, to: "orders")
        _ = try await fixture.harness.redis.send(RedisCommand("XTRIM", key, "MAXLEN", 0))
        #expect(try await catchUp.join(fed, at: fed.position, next: fed.position + 1) == .behind)
        #expect(try await catchUp.join(fed, at: fed.position, next: nil) == .behind)
        #expect(try await catchUp.join(fed, at: 20, next: nil) == .joined)
        #expect(try await fixture.harness.stream.lastDelivered(to: .orders) == StreamID(outbox: 20))
    }

    @Test(.timeLimit(.minutes(1))) func aGroupThatThisBuildDoesNotKnowGetsEveryEvent() async throws {
        let fixture = try await Fixture()
        let key = fixture.harness.keys.events(.users)
        _ = try await fixture.harness.redis.send(RedisCommand("XGROUP", "CREATE", key, "mailer", "0", "MKSTREAM"))
        let (listings, orders) = (try fixture.consumer(of: .listings), try fixture.consumer(of: .orders))
        for round in UInt64(1)...3 {
            try await fixture.publish(10)
            let last = round * 10
            for consumer in [listings, orders] {
                #expect(try await fixture.readAll(consumer, upTo: last) == Array(last - 9...last))
            }
        }
        #expect(try await fixture.storage.outbox.lastSettledID(on: fixture.harness.pool) == 0)
        let mailer = try fixture.consumer(of: try #require(ServiceName(rawValue: "mailer")))
        #expect(try await fixture.readAll(mailer, upTo: 30) == Array(1...30))
        try await fixture.pruner.prune(tablesToo: false)
        #expect(try await fixture.settled()["mailer"] == 30)
        #expect(try await fixture.storage.outbox.lastSettledID(on: fixture.harness.pool) == 30)
    }

    @Test(.timeLimit(.minutes(1))) func aLossOfRedisLosesNoFollowersPosition() async throws {
        let redis = try await RedisServer.start()
        let fixture = try await Fixture(redisURL: redis.url)
        let (listings, orders) = (try fixture.consumer(of: .listings), try fixture.consumer(of: .orders))
        try await fixture.publish(5)
        for consumer in [listings, orders] { _ = try await fixture.readAll(consumer, upTo: 5) }
        try await fixture.publish(30)
        try await fixture.pruner.prune(tablesToo: false)
        #expect(try await fixture.settled() == ["tickets": 5, "orders": 5])
        try await redis.flush()
        // The refilled stream begins after both followers' positions, and the orders service has created its group on
        // this stream.
        try await fixture.publish(5)
        #expect(try await fixture.harness.stream.length() <= 10)
        #expect(try await fixture.readAll(orders, upTo: 40).last == 40)
        let seen = try await fixture.readAll(listings, upTo: 40)
        #expect(Set(seen).isSuperset(of: 6...40))
    }
}
