import Support
import Testing

extension Journeys {
    /// A pool that is not there: the others work on, and nothing grows without bound.
    @Suite(.serialized)
    struct AbsenceTests {
        @Test("Events unread by one pool fill their stream to its bound; the rest waits in the outbox, and comes")
        func bounded() async throws {
            let formation: Formation = [.api: 1, .users: 1, .tickets: 1, .orders: 2, .expiration: 1]
            try await System.run(formation, settings: ["STREAM_BOUND_ENTRIES": "100"]) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyers = try await concurrently(8) { try await Person.signUp("buyer\($0)", in: system.browser()) }
                let ticket = try await seller.list("A ticket", quantity: 200)
                _ = try await concurrently(160, atMost: buyers.count) { round in
                    let buyer = buyers[round % buyers.count]
                    let order = try await buyer.ordered(ticket)
                    if round % 2 == 0 { try await buyer.browser.delete("/api/orders/\(order)").expect(204) }
                }
                let told = try await system.database.count("SELECT count(*) FROM orders.outbox")
                #expect(told == 240)
                try await eventually("the stream is as long as it may be") {
                    try await length("gittix:events:{orders}", system) == 100
                }
                // Nor does it grow with what comes.
                _ = try await buyers[0].ordered(ticket)
                #expect(try await length("gittix:events:{orders}", system) == 100)

                try await system.add(.payments)
                try await Books(system).balance()
            }
        }

        @Test("Commands for a pool that is away are shed; the others are taken")
        func shed() async throws {
            let settings = ["SHED_BACKLOG": "20", "COMMAND_WAIT_SECONDS": "1"]
            try await System.run([.api: 2, .users: 1, .tickets: 1], settings: settings) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 100)
                let buyer = try await Person.signUp("buyer", in: system.browser())
                let refused = try await eventually("orders are shed") {
                    let answer = try await buyer.browser.post(
                        "/api/orders", ["ticketId": .string(ticket)], headers: ["Prefer": "respond-async"])
                    return answer.status == 202 ? nil : try answer.expect(503)
                }
                #expect((refused[header: "Retry-After"].flatMap { Int($0) } ?? 0) > 0)
                #expect(refused.time < .seconds(1), "it does not wait")
                let backlog = try await length("gittix:commands:{orders}", system)
                #expect((20...40).contains(backlog), "\(backlog) wait")
                _ = try await seller.list("Another ticket")

                // What was taken in is done once the pool is there.
                try await system.add(.orders)
                try await eventually("every order that was taken in is made") {
                    try await system.database.count("SELECT count(*) FROM orders.orders") == backlog
                }
                _ = try await buyer.ordered(ticket)
            }
        }

        private func length(_ key: String, _ system: System) async throws -> Int {
            Int(try await system.redis.command("XLEN", key).split(separator: "\n").first ?? "") ?? -1
        }
    }
}
