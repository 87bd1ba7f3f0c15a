import Support
import Testing

extension Journeys {
    /// The workers of one service are missing: the other services work, and no stream grows without limit.
    @Suite(.serialized)
    struct MissingWorkerTests {
        @Test("Unread events leave the stream at its limit, and reach their service from the outbox")
        func streamStaysBounded() async throws {
            let formation: Formation = [.api: 1, .users: 1, .tickets: 1, .orders: 2, .expiration: 1]
            try await SystemHarness.run(formation, settings: ["STREAM_BOUND_ENTRIES": "100"]) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyers = try await concurrently(8) { try await TestUser.signUp("buyer\($0)", in: system.browser()) }
                let listing = try await seller.createListing("A ticket", quantity: 200)
                _ = try await concurrently(160, atMost: buyers.count) { round in
                    let buyer = buyers[round % buyers.count]
                    let order = try await buyer.createOrder(listing)
                    if round % 2 == 0 { try await buyer.browser.delete("/api/orders/\(order)").expect(204) }
                }
                let events = try await system.database.count("SELECT count(*) FROM orders.outbox")
                #expect(events == 240)
                try await eventually("the position of payments is recorded") {
                    try await number("HLEN", "gittix:events:{orders}:gaps", system) == 1
                }
                _ = try await buyers[0].createOrder(listing)
                #expect(try await number("XLEN", "gittix:events:{orders}", system) <= 100)

                try await system.add(.payments)
                try await ConsistencyCheck(system).waitUntilConsistent()
            }
        }

        @Test("Commands for a service without workers are shed, and others are accepted")
        func commandsWithoutWorkersAreShed() async throws {
            let settings = ["SHED_BACKLOG": "20", "COMMAND_WAIT_SECONDS": "1"]
            try await SystemHarness.run([.api: 2, .users: 1, .tickets: 1], settings: settings) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 100)
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                let refused = try await eventually("orders are shed") {
                    let response = try await buyer.browser.post(
                        "/api/orders", ["ticketId": .string(listing), "price": 4500],
                        headers: ["Prefer": "respond-async"])
                    return response.status == 202 ? nil : try response.expect(503)
                }
                #expect((refused[header: "Retry-After"].flatMap { Int($0) } ?? 0) > 0)
                #expect(refused.duration < .seconds(1), "the refusal waited")
                let backlog = try await number("XLEN", "gittix:commands:{orders}", system)
                #expect((20...40).contains(backlog), "the backlog is \(backlog)")
                _ = try await seller.createListing("Another ticket")

                // The accepted commands are processed once there are workers.
                try await system.add(.orders)
                try await eventually("every accepted order exists") {
                    try await system.database.count("SELECT count(*) FROM orders.orders") == backlog
                }
                _ = try await buyer.createOrder(listing)
            }
        }

        private func number(_ command: String, _ key: String, _ system: SystemHarness) async throws -> Int {
            Int(try await system.redis.command(command, key).split(separator: "\n").first ?? "") ?? -1
        }
    }
}
