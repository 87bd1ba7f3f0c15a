import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct OversellTests {
        @Test("200 concurrent buyers get exactly the 50 units of a listing")
        func concurrentBuyersGetExactlyTheUnitsOnSale() async throws {
            try await SystemHarness.run([.api: 2, .all: 2]) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyers = try await concurrently(200, atMost: 32) {
                    try await TestUser.signUp("buyer\($0)", in: system.browser())
                }
                let listing = try await seller.createListing("The last concert", quantity: 50)

                let clock = ContinuousClock()
                let start = clock.now
                let responses = try await concurrently(buyers.count) { try await buyers[$0].postOrder(listing) }
                let duration = clock.now - start

                let counts = Dictionary(grouping: responses, by: \.status).mapValues(\.count)
                let longest = responses.map(\.duration).max() ?? .zero
                print("oversell: \(counts) in \(duration), longest response \(longest)")
                #expect(counts == [201: 50, 409: 150])
                #expect(longest < .seconds(10), "a response took too long")

                let database = system.database
                #expect(try await database.count("SELECT count(*) FROM orders.orders") == 50)
                let units = try await database.column("SELECT unit FROM orders.allocations ORDER BY unit")
                #expect(units == (1...50).map(String.init), "a unit is unallocated or allocated twice")
                #expect(try await database.count("SELECT count(DISTINCT order_id) FROM orders.allocations") == 50)
                try await ConsistencyCheck(system).waitUntilConsistent()
            }
        }
    }
}
