import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct RapidPurchaseTests {
        private static let rounds = 500

        /// A client may act on a response immediately, before the event of the change has reached the next service.
        @Test("500 new listings are ordered and paid at once")
        func newListingsCanBeOrderedAndPaidAtOnce() async throws {
            try await SystemHarness.run([.api: 2, .all: 2]) { system in
                let sellers = try await concurrently(4) {
                    try await TestUser.signUp("seller\($0)", in: system.browser())
                }
                let buyers = try await concurrently(16) {
                    try await TestUser.signUp("buyer\($0)", in: system.browser())
                }

                let clock = ContinuousClock()
                let start = clock.now
                let orders = try await concurrently(Self.rounds, atMost: 16) { round in
                    let listing = try await sellers[round % sellers.count].createListing("Ticket \(round)")
                    let buyer = buyers[round % buyers.count]
                    let order = try await buyer.createOrder(listing)
                    let checkout = try await buyer.checkOut(order)
                    try await SandboxPage(checkout.url, in: buyer.browser).pay()
                    return order
                }
                print("rapid purchase: \(orders.count) listed, ordered and paid in \(clock.now - start)")
                #expect(Set(orders).count == Self.rounds)

                let database = system.database
                try await eventually("every order is complete", within: .seconds(60), every: .milliseconds(250)) {
                    try await database.count("SELECT count(*) FROM orders.orders WHERE status = 'complete'")
                        == Self.rounds
                }
                print("rapid purchase: all complete after \(clock.now - start)")
                #expect(try await database.count("SELECT count(*) FROM orders.orders") == Self.rounds)
                #expect(
                    try await database.count("SELECT count(*) FROM payments.attempts WHERE state = 'captured'")
                        == Self.rounds)
                try await ConsistencyCheck(system).waitUntilConsistent()
            }
        }
    }
}
