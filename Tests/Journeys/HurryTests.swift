import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct HurryTests {
        private static let rounds = 500

        /// A reader of an answer may act on it at once, before any event has reached the next service.
        @Test("500 times listed and ordered, made and paid in the same instant")
        func hurry() async throws {
            try await System.run([.api: 2, .all: 2]) { system in
                let sellers = try await concurrently(4) { try await Person.signUp("seller\($0)", in: system.browser()) }
                let buyers = try await concurrently(16) { try await Person.signUp("buyer\($0)", in: system.browser()) }

                let clock = ContinuousClock()
                let start = clock.now
                let orders = try await concurrently(Self.rounds, atMost: 16) { round in
                    let ticket = try await sellers[round % sellers.count].list("Ticket \(round)")
                    let buyer = buyers[round % buyers.count]
                    let order = try await buyer.ordered(ticket)
                    let checkout = try await buyer.checkOut(order)
                    try await SandboxPage(checkout.url, in: buyer.browser).pay()
                    return order
                }
                print("hurry: \(orders.count) listed, ordered and paid in \(clock.now - start)")
                #expect(Set(orders).count == Self.rounds)

                let database = system.database
                try await eventually("every order is complete", within: .seconds(60), every: .milliseconds(250)) {
                    try await database.count("SELECT count(*) FROM orders.orders WHERE status = 'complete'")
                        == Self.rounds
                }
                print("hurry: all complete after \(clock.now - start)")
                #expect(try await database.count("SELECT count(*) FROM orders.orders") == Self.rounds)
                #expect(
                    try await database.count("SELECT count(*) FROM payments.attempts WHERE state = 'captured'")
                        == Self.rounds)
                try await Books(system).balance()
            }
        }
    }
}
