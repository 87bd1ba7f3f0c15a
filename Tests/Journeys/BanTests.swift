import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct BanTests {
        /// Two processes have run for a while, one has just started, and one has lost its connection to Redis.
        @Test("A ban reaches four API processes within 2 s")
        func banReachesEveryProcess() async throws {
            try await SystemHarness.run([.api: 2, .users: 1, .orders: 1, .tickets: 1]) { system in
                let proxy = try await CuttableProxy.start(to: system.redis.port)
                let disconnected = try await system.add(
                    .api, settings: ["REDIS_URL": "redis://127.0.0.1:\(proxy.port)"])
                let user = try await TestUser.signUp("banned", in: system.browser())
                let otherUser = try await TestUser.signUp("other", in: system.browser())
                for origin in system.origins {
                    try await getOrders(at: origin, as: user).expect(200)
                }

                proxy.cut()
                // Without Redis, the process reads bans from PostgreSQL.
                try await eventually("the process without Redis responds", within: .seconds(3)) {
                    try await getOrders(at: disconnected.origin, as: user).status == 200
                }
                let newest = try await system.add(.api, waitsUntilReady: false)
                try await system.gittix("users", "ban", user.email)

                let clock = ContinuousClock()
                let start = clock.now
                let origins = system.origins
                try #require(origins.count == 4)
                let times = try await concurrently(origins.count) { index in
                    let origin = origins[index]
                    if origin == newest.origin { try await system.waitUntilReady(newest) }
                    let ready = clock.now
                    try await eventually("\(origin) refuses the banned user", within: .seconds(10)) {
                        [401, 403].contains(try await getOrders(at: origin, as: user).status)
                    }
                    // For the newest process, the time starts when it is ready: its first response must already be a
                    // refusal.
                    return clock.now - (origin == newest.origin ? ready : start)
                }
                print("ban: effective after \(times) in \(origins.count) processes")
                for time in times { #expect(time < .seconds(2)) }

                for origin in origins {
                    #expect(try await getOrders(at: origin, as: otherUser).status == 200, "another user is refused")
                }
                for origin in origins {
                    // Without Redis, signing in is not possible.
                    let expected = origin == disconnected.origin ? [503] : [401, 403]
                    #expect(
                        expected.contains(try await user.signIn(at: [origin]).status), "the banned user can sign in")
                }
            }
        }

        private func getOrders(at origin: String, as user: TestUser) async throws -> TestResponse {
            try await user.browser.copy(origins: [origin]).get("/api/orders")
        }
    }
}
