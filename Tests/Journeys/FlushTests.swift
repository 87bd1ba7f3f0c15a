import Support
import Testing

extension Journeys {
    /// Redis loses everything. What was only there is lost, and its sender was never told otherwise; what was committed
    /// comes back.
    @Suite(.serialized)
    struct FlushTests {
        @Test("Events that nobody had read come back although nothing new happens")
        func unread() async throws {
            // No tickets and orders pools: the events of users stay unread. One relay alone, which has nothing to do.
            try await System.run([.api: 1, .users: 1]) { system in
                let people = try await concurrently(10) { try await Person.signUp("early\($0)", in: system.browser()) }
                try await Books(system).stream(of: "users", isWhole: true)
                try await system.redis.flush()
                try await Books(system).stream(of: "users", isWhole: true)

                for type in [ProcessType.tickets, .orders, .payments, .expiration] { try await system.add(type) }
                try await Books(system).balance()
                _ = try await people[0].list("A ticket")
            }
        }

        @Test("Redis flushed again and again while everyone works")
        func again() async throws {
            let settings = ["COMMAND_WAIT_SECONDS": "2"]
            try await System.run([.api: 2, .all: 2], settings: settings) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 1000)
                let buyers = try await concurrently(8) { try await Person.signUp("buyer\($0)", in: system.browser()) }
                let answers = try await concurrently(200, atMost: 8) { round in
                    if round % 25 == 12 { try await system.redis.flush() }
                    return try await buyers[round % buyers.count].triesToOrder(ticket)
                }

                let counts = Dictionary(grouping: answers, by: \.status).mapValues(\.count)
                let promised = answers.filter { $0.status == 201 }.compactMap { $0.json["id"].string }
                print("flush: \(counts) of \(answers.count), 8 times flushed")
                #expect(Set(counts.keys).isSubset(of: [201, 202, 503]), "\(counts)")
                #expect(promised.count > 0)
                let made = Set(try await system.database.column("SELECT id FROM orders.orders"))
                #expect(made.isSuperset(of: promised), "a 201 is a promise")
                try await Books(system).balance()
                _ = try await buyers[0].ordered(ticket)
            }
        }
    }
}
