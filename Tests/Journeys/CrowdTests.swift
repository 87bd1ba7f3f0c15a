import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct CrowdTests {
        @Test("200 buyers at once for 50 units: 50 orders, 150 refusals")
        func crowd() async throws {
            try await System.run([.api: 2, .all: 2]) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyers = try await concurrently(200, atMost: 32) {
                    try await Person.signUp("buyer\($0)", in: system.browser())
                }
                let ticket = try await seller.list("The last concert", quantity: 50)

                let clock = ContinuousClock()
                let start = clock.now
                let answers = try await concurrently(buyers.count) { try await buyers[$0].triesToOrder(ticket) }
                let time = clock.now - start

                let counts = Dictionary(grouping: answers, by: \.status).mapValues(\.count)
                let longest = answers.map(\.time).max() ?? .zero
                print("crowd: \(counts) in \(time), the longest wait \(longest)")
                #expect(counts == [201: 50, 409: 150])
                #expect(longest < .seconds(10), "the limit of a wait")

                let database = system.database
                #expect(try await database.count("SELECT count(*) FROM orders.orders") == 50)
                let units = try await database.column("SELECT unit FROM orders.allocations ORDER BY unit")
                #expect(units == (1...50).map(String.init), "every unit is someone's, and only one's")
                #expect(try await database.count("SELECT count(DISTINCT order_id) FROM orders.allocations") == 50)
                try await Books(system).balance()
            }
        }
    }
}
