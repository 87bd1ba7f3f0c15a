import Marketplace
import Services
import Streams
import Support
import Testing

struct PauseCommandTests {
    @Test func `a service is paused, shown and resumed`() async throws {
        let harness = try await RedisOperatorHarness()
        let paused = try await harness.gittix("pause", "orders")
        #expect(paused.succeeded && paused.output.contains("`gittix resume orders`"), "\(paused.output)")
        #expect(try await harness.gittix("pause", "orders").output.contains("orders: paused since "))
        let queues = try await harness.gittix("queues").output
        #expect(queues.hasPrefix("orders: paused since "), "\(queues)")
        #expect(try await harness.gittix("resume", "all").output.contains("orders: resumed\npayments: was not paused"))
        #expect(try await harness.redis.command("EXISTS", harness.keys.paused(.orders)).hasPrefix("0"))

        #expect(try await harness.gittix("pause", "all").succeeded)
        for service in ServiceRegistry.topology.names {
            #expect(try await harness.redis.command("EXISTS", harness.keys.paused(service)).hasPrefix("1"))
        }
        let unknown = try await harness.gittix("pause", "order")
        #expect(!unknown.succeeded && unknown.output.contains("users, tickets, orders, payments, expiration"))
    }
}
