import Support
import Testing

extension Journeys {
    /// Everything at once, without an exact instant: what the others have not thought of.
    @Suite(.serialized)
    struct TurmoilTests {
        enum Trouble: String, CaseIterable, CustomTestStringConvertible {
            /// `kill -9`, and a new one in its place.
            case workersKilled
            /// Every session ended, in whatever it was doing.
            case databaseSessionsCut
            /// `kill -9`; what it had not written to its file is lost.
            case redisKilled
            case redisFlushed

            var testDescription: String { rawValue }
        }

        private static let rounds = 90
        private static let settings = [
            "HOLD_SECONDS": "8", "CLAIM_IDLE_MS": "1000", "RECONCILE_SECONDS": "2", "COMMAND_WAIT_SECONDS": "5",
        ]

        @Test(
            "In any trouble, with answers and webhooks of Stripe lost, the books balance", arguments: Trouble.allCases)
        func turmoil(_ trouble: Trouble) async throws {
            try await System.run([.api: 2, .all: 3], settings: Self.settings) { system in
                for rule: JSON in [
                    ["event": "*", "kind": "drop", "times": 60],
                    ["operation": "payment_intents.capture", "kind": "lose_answer", "times": 8],
                    ["operation": "*", "kind": "status", "status": 500, "after": true, "times": 8],
                    ["operation": "*", "kind": "status", "status": 429, "times": 8],
                ] {
                    try await system.fault(rule)
                }
                let sellers = try await concurrently(3) { try await Person.signUp("seller\($0)", in: system.browser()) }
                let buyers = try await concurrently(12) { try await Person.signUp("buyer\($0)", in: system.browser()) }

                _ = try await concurrently(Self.rounds, atMost: buyers.count) { round in
                    if round % 15 == 7 { try await make(trouble, in: system) }
                    try await deal(round, seller: sellers[round % sellers.count], buyer: buyers[round % buyers.count])
                }

                let database = system.database
                try await eventually("every order has come to its end", within: .seconds(60), every: .milliseconds(500))
                {
                    try await database.count(
                        "SELECT count(*) FROM orders.orders WHERE status IN ('awaiting_payment', 'confirmed')") == 0
                }
                try await Books(system).money()
                try await Books(system).balance()
                let ends = try await database.rows("SELECT status, reason, count(*) FROM orders.orders GROUP BY 1, 2")
                print("turmoil, \(trouble): \(ends.map { $0.joined(separator: " ") })")
                #expect(try await database.count("SELECT count(*) FROM orders.orders") == Self.rounds)
                #expect(ends.contains { $0[0] == "complete" })
            }
        }

        /// One order of a ticket of its own, and what becomes of it.
        private func deal(_ round: Int, seller: Person, buyer: Person) async throws {
            let ticket = try await id(
                of: seller, "/api/tickets", ["title": "Ticket \(round)", "price": 1000, "currency": "EUR"],
                key: "list-\(round)")
            let order = try await id(of: buyer, "/api/orders", ["ticketId": .string(ticket)], key: "order-\(round)")
            guard let checkout = try await persistently(buyer, "/api/payments", ["orderId": .string(order)]) else {
                return
            }
            guard round % 5 != 4, let url = checkout.json["url"].string else { return }
            // The hold may be over by now, and the page closed.
            async let paid = SandboxPage(url, in: buyer.browser).submit(.good)
            if round % 5 == 3 { _ = try await buyer.browser.delete("/api/orders/\(order)") }
            _ = try? await paid
        }

        private func id(of person: Person, _ path: String, _ body: JSON, key: String) async throws -> String {
            guard let id = try await persistently(person, path, body, key: key)?.json["id"].string else {
                throw SupportError("\(path) was refused")
            }
            return id
        }

        /// Asks again, with the same key, as long as there is no final answer; nil for a 409.
        private func persistently(
            _ person: Person, _ path: String, _ body: JSON, key: String? = nil
        ) async throws -> HTTPAnswer? {
            let answer = try await eventually("\(path) has a final answer", within: .seconds(40)) {
                let answer = try await person.browser.post(
                    path, body, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
                return [202, 503].contains(answer.status) ? nil : answer
            }
            return answer.status == 409 ? nil : try answer.expect(201)
        }

        private func make(_ trouble: Trouble, in system: System) async throws {
            switch trouble {
            case .workersKilled:
                guard let victim = system.members(.all).randomElement() else { return }
                victim.process.send(.kill)
                try await system.add(.all, isReady: false)
            case .databaseSessionsCut:
                try await system.database.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """)
            case .redisKilled:
                try await system.redis.kill()
                try await system.redis.restart()
            case .redisFlushed:
                try await system.redis.flush()
            }
        }
    }
}
