import Support
import Testing

extension Journeys {
    /// Faults at arbitrary times during many concurrent orders, to find cases that the other tests miss.
    @Suite(.serialized)
    struct FaultToleranceTests {
        enum Fault: String, CaseIterable, CustomTestStringConvertible {
            /// SIGKILL, then a new process replaces the killed one.
            case workersKilled
            /// Terminates every session.
            case databaseSessionsTerminated
            /// SIGKILL. Writes that are not yet in the append-only file are lost.
            case redisKilled
            case redisFlushed

            var testDescription: String { rawValue }
        }

        private static let rounds = 90
        private static let settings = [
            "HOLD_SECONDS": "8", "CLAIM_IDLE_MS": "1000", "RECONCILE_SECONDS": "2", "COMMAND_WAIT_SECONDS": "5",
        ]

        @Test(
            "Orders and money stay consistent during faults with lost Stripe responses and webhooks",
            arguments: Fault.allCases)
        func ordersAndMoneyStayConsistent(during fault: Fault) async throws {
            try await SystemHarness.run([.api: 2, .all: 3], settings: Self.settings) { system in
                for rule: JSON in [
                    ["event": "*", "kind": "drop", "times": 60],
                    ["operation": "payment_intents.capture", "kind": "lose_answer", "times": 8],
                    ["operation": "*", "kind": "status", "status": 500, "after": true, "times": 8],
                    ["operation": "*", "kind": "status", "status": 429, "times": 8],
                ] {
                    try await system.addFault(rule)
                }
                let sellers = try await concurrently(3) {
                    try await TestUser.signUp("seller\($0)", in: system.browser())
                }
                let buyers = try await concurrently(12) {
                    try await TestUser.signUp("buyer\($0)", in: system.browser())
                }

                _ = try await concurrently(Self.rounds, atMost: buyers.count) { round in
                    if round % 15 == 7 { try await inject(fault, into: system) }
                    try await order(round, seller: sellers[round % sellers.count], buyer: buyers[round % buyers.count])
                }

                let database = system.database
                try await eventually("every order has a final status", within: .seconds(60), every: .milliseconds(500))
                {
                    try await database.count(
                        "SELECT count(*) FROM orders.orders WHERE status IN ('awaiting_payment', 'confirmed')") == 0
                }
                try await ConsistencyCheck(system).waitUntilMoneyMatches()
                try await ConsistencyCheck(system).waitUntilConsistent()
                let outcomes = try await database.rows(
                    "SELECT status, reason, count(*) FROM orders.orders GROUP BY 1, 2")
                print("fault tolerance, \(fault): \(outcomes.map { $0.joined(separator: " ") })")
                #expect(try await database.count("SELECT count(*) FROM orders.orders") == Self.rounds)
                #expect(outcomes.contains { $0[0] == "complete" })
            }
        }

        /// Orders a ticket of a new listing. Then pays for the order, pays and cancels at the same time, or abandons
        /// the order, depending on the round.
        private func order(_ round: Int, seller: TestUser, buyer: TestUser) async throws {
            let listing = try await id(
                of: seller, "/api/tickets", TestUser.listing("Ticket \(round)", price: 1000), key: "list-\(round)")
            let order = try await id(
                of: buyer, "/api/orders", ["ticketId": .string(listing), "price": 1000], key: "order-\(round)")
            guard let checkout = try await postUntilFinal(buyer, "/api/payments", ["orderId": .string(order)]) else {
                return
            }
            guard round % 5 != 4, let url = checkout.json["url"].string else { return }
            // By now, the hold may have expired, and the page may be closed.
            async let paid = SandboxPage(url, in: buyer.browser).submit(.good)
            if round % 5 == 3 { _ = try await buyer.browser.delete("/api/orders/\(order)") }
            _ = try? await paid
        }

        private func id(of user: TestUser, _ path: String, _ body: JSON, key: String) async throws -> String {
            guard let id = try await postUntilFinal(user, path, body, key: key)?.json["id"].string else {
                throw SupportError("\(path) responded with 409")
            }
            return id
        }

        /// Repeats the request with the same key until the response is final. Returns `nil` for a 409.
        private func postUntilFinal(
            _ user: TestUser, _ path: String, _ body: JSON, key: String? = nil
        ) async throws -> TestResponse? {
            let response = try await eventually("\(path) has a final response", within: .seconds(40)) {
                let response = try await user.browser.post(
                    path, body, headers: key.map { ["Idempotency-Key": $0] } ?? [:])
                return [202, 503].contains(response.status) ? nil : response
            }
            return response.status == 409 ? nil : try response.expect(201)
        }

        private func inject(_ fault: Fault, into system: SystemHarness) async throws {
            switch fault {
            case .workersKilled:
                guard let victim = system.processes(.all).randomElement() else { return }
                victim.process.send(.kill)
                try await system.add(.all, waitsUntilReady: false)
            case .databaseSessionsTerminated:
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
