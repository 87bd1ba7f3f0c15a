import Foundation
import Marketplace
import RedisClient
import Services
import Streams
import Testing

struct QueuesCommandTests {
    @Test func `every queue is reported`() async throws {
        let harness = try await RedisOperatorHarness()
        let (client, keys) = (harness.client, harness.keys)
        let commands = keys.commands(.orders)
        _ = try await client.send(RedisCommand("XGROUP", "CREATE", commands, "orders", "0", "MKSTREAM"))
        for _ in 0..<5 { try await harness.add(RedisOperatorHarness.command, to: commands) }
        _ = try await client.send(
            RedisCommand("XREADGROUP", "GROUP", "orders", "one", "COUNT", 3, "STREAMS", commands, ">"))
        let first = try #require(
            try await client.send(RedisCommand("XRANGE", commands, "-", "+", "COUNT", 1)).array?[0].array?[0].string)
        _ = try await client.send(RedisCommand("XDEL", commands, first))
        _ = try await client.send(RedisCommand("XACK", commands, "orders", first))
        _ = try await client.send(RedisCommand("ZADD", keys.deferred(.orders), 1, "a"))
        try await harness.add(["a", "1"], to: keys.deadLetters(.orders))
        let events = keys.events(.orders)
        for number in 1...4 {
            _ = try await client.send(RedisCommand("XADD", events, "\(number)-0", "a", "1"))
        }
        _ = try await client.send(RedisCommand("XGROUP", "CREATE", events, "tickets", "0"))
        _ = try await client.send(
            RedisCommand("XREADGROUP", "GROUP", "tickets", "two", "COUNT", 1, "STREAMS", events, ">"))
        // An ended consumer without entries, an ended consumer with entries, and a worker that has not read yet.
        _ = try await client.send(RedisCommand("XGROUP", "CREATECONSUMER", commands, "orders", "zero"))
        _ = try await client.send(RedisCommand("HSET", keys.worker("new"), "pool", "orders"))

        let holds = keys.timers(TimerName(.orders, .hold))
        _ = try await client.send(RedisCommand("ZADD", holds, 99_999_999_999_999, "a", 1, "b"))

        let json = try await harness.gittix("queues", "--json")
        #expect(json.succeeded, "\(json.output)")
        let reports = try JSONDecoder().decode([QueueReport].self, from: Data(json.output.utf8))
        #expect(reports.map(\.service) == ServiceRegistry.topology.names)
        let orders = try #require(reports.first { $0.service == .orders })
        #expect([orders.backlog, orders.undelivered, orders.pending] == [4, 2, 2] as [Int])
        #expect([orders.deferred, orders.deadLetters, orders.events] == [1, 1, 4] as [Int])
        #expect(try #require(orders.oldestMilliseconds) < 60_000)
        #expect(orders.consumers.map(\.name) == ["one", "new"])
        #expect(orders.consumers.map(\.pending) == [2, 0])
        #expect(orders.consumers.map(\.isRunning) == [false, true])
        #expect(orders.followers.map(\.service) == ["tickets", "payments", "expiration"])
        #expect(orders.followers.map(\.hasGroup) == [true, false, false])
        #expect(orders.followers.map(\.lag) == [3, nil, nil])
        #expect(orders.followers.map(\.pending) == [1, 0, 0])
        #expect(orders.timers.map(\.kind) == ["hold"])
        #expect(orders.timers.map(\.waiting) == [2])
        #expect(try #require(orders.timers[0].overdueMilliseconds) > 1_000_000)
        let users = try #require(reports.first { $0.service == .users })
        #expect(users.oldestMilliseconds == nil)
        #expect([users.backlog, users.undelivered, users.pending, users.deadLetters] == [0, 0, 0, 0] as [Int])

        let lines = try await harness.gittix("queues").output.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        let row = try #require(lines.first { $0.first == "orders" })
        #expect(row.prefix(3) == ["orders", "4", "2"])
        #expect(row.suffix(3) == ["2", "1", "1"])
        #expect(lines.contains { $0.prefix(3) == ["orders", "one", "2"] && $0.last == "gone" })
        #expect(lines.contains(["orders", "new", "0", "-", "running"]))
        #expect(lines.contains { $0.prefix(3) == ["orders", "hold", "2"] })
        #expect(lines.contains(["tickets", "show_start", "0", "-"]))
        #expect(lines.contains(["orders", "4", "tickets", "3", "1", "live"]))
        #expect(lines.contains(["orders", "4", "payments", "-", "0", "never", "read"]))
    }

    @Test func `a follower that is catching up is shown with its distance`() async throws {
        let harness = try await RedisOperatorHarness()
        for number in 1...9 {
            _ = try await harness.client.send(
                RedisCommand("XADD", harness.keys.events(.orders), "\(number)-0", "a", "1"))
        }
        let stream = EventStream(service: .orders, redis: harness.client, keys: harness.keys)
        try await stream.catchUp.begin("payments", at: 2)
        for number in 3...4 {
            _ = try await harness.client.send(
                RedisCommand("XADD", harness.keys.catchUp(.orders, to: "payments"), "\(number)-0", "a", "1"))
        }
        _ = try await harness.client.send(RedisCommand("HSET", harness.keys.gaps(ofEvents: .orders), "payments", "4"))
        let reports = try await Queues(redis: harness.client, keys: harness.keys, topology: ServiceRegistry.topology)
            .report()
        let orders = try #require(reports.first { $0.service == .orders })
        let payments = try #require(orders.followers.first { $0.service == "payments" })
        #expect(payments.isCatchingUp && !payments.hasGroup)
        #expect(payments.lag == 5)
        #expect(payments.pending == 2)
        #expect(orders.followers.filter(\.isCatchingUp).count == 1)
        let lines = try await harness.gittix("queues").output.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(lines.contains(["orders", "9", "payments", "5", "2", "catching", "up"]))
    }

    @Test func `without a group the whole backlog is undelivered`() async throws {
        let harness = try await RedisOperatorHarness()
        try await harness.add(RedisOperatorHarness.command, to: harness.keys.commands(.users))
        let reports = try await Queues(redis: harness.client, keys: harness.keys, topology: ServiceRegistry.topology)
            .report()
        #expect(reports[0].undelivered == 1)
        #expect(reports[0].consumers.isEmpty)
    }
}
