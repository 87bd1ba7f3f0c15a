import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct BanTests {
        /// Two have run for long, one has just started, one has lost its Redis.
        @Test("A ban reaches four API processes within 2 s")
        func ban() async throws {
            try await System.run([.api: 2, .users: 1, .orders: 1, .tickets: 1]) { system in
                let cable = try await CuttableProxy.start(to: system.redis.port)
                let cutOff = try await system.add(
                    .api, settings: ["REDIS_URL": "redis://127.0.0.1:\(cable.port)"])
                let person = try await Person.signUp("banned", in: system.browser())
                let neighbour = try await Person.signUp("neighbour", in: system.browser())
                for origin in system.origins {
                    try await asks(origin, as: person).expect(200)
                }

                cable.cut()
                // It serves on without Redis: it looks into PostgreSQL then.
                try await eventually("the process without Redis answers", within: .seconds(3)) {
                    try await asks(cutOff.origin, as: person).status == 200
                }
                let young = try await system.add(.api, isReady: false)
                try await system.gittix("users", "ban", person.email)

                let clock = ContinuousClock()
                let start = clock.now
                let origins = system.origins
                #expect(origins.count == 4)
                let times = try await concurrently(origins.count) { index in
                    let origin = origins[index]
                    if origin == young.origin { try await system.waitUntilReady(young) }
                    let began = clock.now
                    try await eventually("\(origin) refuses the banned user", within: .seconds(10)) {
                        [401, 403].contains(try await asks(origin, as: person).status)
                    }
                    // A young one is asked from when it is ready on: its first answer must be the right one.
                    return clock.now - (origin == young.origin ? began : start)
                }
                print("ban: refused after \(times) in \(origins.count) processes")
                for time in times { #expect(time < .seconds(2)) }

                for origin in origins {
                    #expect(try await asks(origin, as: neighbour).status == 200, "nobody else is refused")
                }
                for origin in origins {
                    // Without Redis nobody can sign in.
                    let refused = origin == cutOff.origin ? [503] : [401, 403]
                    #expect(refused.contains(try await person.signIn(at: [origin]).status), "nor may they come back")
                }
            }
        }

        private func asks(_ origin: String, as person: Person) async throws -> HTTPAnswer {
            try await person.browser.copy(origins: [origin]).get("/api/orders")
        }
    }
}
