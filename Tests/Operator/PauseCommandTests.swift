import Marketplace
import Streams
import Support
import Testing

struct PauseCommandTests {
    @Test func `a pool is paused, shown and resumed`() async throws {
        let counter = try await Counter()
        let paused = try await counter.gittix("pause", "orders")
        #expect(paused.succeeded && paused.output.contains("`gittix resume orders`"), "\(paused.output)")
        #expect(try await counter.gittix("pause", "orders").output.contains("orders: paused since "))
        let queues = try await counter.gittix("queues").output
        #expect(queues.hasPrefix("orders: paused since "), "\(queues)")
        #expect(try await counter.gittix("resume", "all").output.contains("orders: resumed\npayments: was not paused"))
        #expect(try await counter.redis.command("EXISTS", counter.keys.paused(.orders)).hasPrefix("0"))

        #expect(try await counter.gittix("pause", "all").succeeded)
        for service in Service.allCases {
            #expect(try await counter.redis.command("EXISTS", counter.keys.paused(service)).hasPrefix("1"))
        }
        let unknown = try await counter.gittix("pause", "order")
        #expect(!unknown.succeeded && unknown.output.contains("users, tickets, orders, payments, expiration, or all"))
    }
}
