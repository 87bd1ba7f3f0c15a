import RedisClient
import Support
import Testing

@testable import Streams

struct RedisChecksTests {
    @Test func `a server that evicts nothing passes`() async throws {
        let harness = try ConsumerHarness()
        await #expect(throws: Never.self) { try await RedisChecks.verify(harness.redis) }
        try await harness.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server that evicts is refused unless the check is skipped`() async throws {
        let own = try await RedisServer.start(options: ["--maxmemory-policy", "allkeys-lru"])
        defer { withExtendedLifetime(own) {} }
        let harness = try ConsumerHarness(own: own)
        await #expect(throws: RedisChecks.Failure.evicts(policy: "allkeys-lru")) {
            try await RedisChecks.verify(harness.redis)
        }
        await #expect(throws: Never.self) {
            try await RedisChecks.verify(harness.redis, ignoresEvictionPolicy: true)
        }
        await harness.redis.close()
    }

    @Test func `versions are compared by their numbers`() {
        #expect(RedisChecks.isNewEnough("6.2.0"))
        #expect(RedisChecks.isNewEnough("7.0.15"))
        #expect(RedisChecks.isNewEnough("10.0"))
        #expect(!RedisChecks.isNewEnough("6.0.20"))
        #expect(!RedisChecks.isNewEnough("5.9"))
        #expect(!RedisChecks.isNewEnough(""))
    }

    @Test func `instance names can be part of keys and are unique`() {
        let names = (0..<100).map { _ in InstanceName.make(host: "wéb_1.example:{x}") }
        #expect(Set(names).count == 100)
        #expect(names.allSatisfy { $0.hasPrefix("wb1-") && ReplyAddress($0)?.instance == $0 })
        #expect(InstanceName.make(host: "").hasPrefix("host-"))
        #expect(InstanceName.make(host: String(repeating: "a", count: 300)).utf8.count <= EnvelopeLimits.instance)
    }
}
