import Support
import Testing

extension Journeys {
    /// Redis loses all data. Commands that were only in Redis are lost, but nobody had received a confirmation of them.
    /// Committed events return.
    @Suite(.serialized)
    struct RedisFlushTests {
        @Test("Unread events return to the stream without new activity")
        func unreadEventsReturn() async throws {
            // Only the service `users` has workers, so its events stay unread, and its relay has nothing new to
            // publish.
            try await SystemHarness.run([.api: 1, .users: 1]) { system in
                let users = try await concurrently(10) { try await TestUser.signUp("early\($0)", in: system.browser()) }
                try await ConsistencyCheck(system).waitUntilStreamMatchesOutbox(of: "users", isUntrimmed: true)
                try await system.redis.flush()
                try await ConsistencyCheck(system).waitUntilStreamMatchesOutbox(of: "users", isUntrimmed: true)

                for type in ProcessType.services where type != .users { try await system.add(type) }
                try await ConsistencyCheck(system).waitUntilConsistent()
                _ = try await users[0].createListing("A ticket")
            }
        }

        @Test("Confirmed orders survive repeated flushes of Redis")
        func confirmedOrdersSurviveFlushes() async throws {
            let settings = ["COMMAND_WAIT_SECONDS": "2"]
            try await SystemHarness.run([.api: 2, .all: 2], settings: settings) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 1000)
                let buyers = try await concurrently(8) { try await TestUser.signUp("buyer\($0)", in: system.browser()) }
                let responses = try await concurrently(200, atMost: 8) { round in
                    if round % 25 == 12 { try await system.redis.flush() }
                    return try await buyers[round % buyers.count].postOrder(listing)
                }

                let counts = Dictionary(grouping: responses, by: \.status).mapValues(\.count)
                let confirmed = responses.filter { $0.status == 201 }.compactMap { $0.json["id"].string }
                print("flush: \(counts) of \(responses.count) responses, 8 flushes")
                #expect(Set(counts.keys).isSubset(of: [201, 202, 503]), "\(counts)")
                #expect(confirmed.count > 0)
                let orders = Set(try await system.database.column("SELECT id FROM orders.orders"))
                #expect(orders.isSuperset(of: confirmed), "an order with a 201 is missing")
                try await ConsistencyCheck(system).waitUntilConsistent()
                _ = try await buyers[0].createOrder(listing)
            }
        }
    }
}
