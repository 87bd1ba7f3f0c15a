import Support
import Testing

@testable import Storage

extension Journeys {
    /// Workers are killed at exact points. The outbox lock is the last one taken before COMMIT, so a test that holds it
    /// stops the worker there.
    @Suite(.serialized)
    struct CrashTests {
        enum CrashPoint: String, CaseIterable, CustomTestStringConvertible {
            /// The server rolls back the transaction.
            case beforeCommit
            /// The worker has sent COMMIT: the server commits, and no worker receives the answer.
            case whileCommitting
            /// The worker receives the answer to COMMIT but cannot acknowledge the entries in Redis.
            case betweenCommitAndAcknowledgement

            var testDescription: String { rawValue }
        }

        private static let buyers = 12
        /// Without payments workers, the orders stream is not trimmed, so that it can be compared with the outbox.
        private static let formation: Formation = [.api: 1, .users: 1, .tickets: 1, .expiration: 1]
        private static let settings = ["CLAIM_IDLE_MS": "1500", "COMMAND_WAIT_SECONDS": "20"]

        @Test("A batch takes effect once if its worker is killed", arguments: CrashPoint.allCases)
        func killedBatchTakesEffectOnce(_ crashPoint: CrashPoint) async throws {
            try await SystemHarness.run(Self.formation, settings: Self.settings) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyers = try await concurrently(Self.buyers) {
                    try await TestUser.signUp("buyer\($0)", in: system.browser())
                }
                let listing = try await seller.createListing("A ticket", quantity: Int64(Self.buyers))
                let database = system.database

                // All commands wait when the worker starts, so it takes them as one batch.
                async let responses = concurrently(buyers.count) { try await buyers[$0].postOrder(listing) }
                try await eventually("every command is in Redis") { try await backlog(system) == buyers.count }
                let lock = try await HeldLock.take(advisory: AdvisoryLock.outbox("orders"), in: database)
                let victim = try await system.add(.orders)
                try await eventually("the worker waits before its COMMIT") { try await lock.waiters().count == 1 }
                #expect(try await orders(system) == 0)

                switch crashPoint {
                case .beforeCommit:
                    try await victim.process.killAndWait()
                    try await lock.endWaiters()
                    try await lock.release()
                    #expect(try await orders(system) == 0, "an uncommitted order exists")
                case .whileCommitting:
                    try await victim.process.killAndWait()
                    try await lock.release()
                    try await eventually("the server has committed") { try await orders(system) > 0 }
                case .betweenCommitAndAcknowledgement:
                    try await system.redis.command("CLIENT", "PAUSE", "60000", "WRITE")
                    try await lock.release()
                    try await eventually("the worker has committed") { try await orders(system) > 0 }
                    try await victim.process.killAndWait()
                    try await system.redis.command("CLIENT", "UNPAUSE")
                }
                let committed = try await orders(system)
                #expect(committed == (crashPoint == .beforeCommit ? 0 : buyers.count), "the batch is not atomic")
                #expect(try await backlog(system) == buyers.count, "an entry was acknowledged")

                try await system.add(.orders)
                let statuses = try await responses.map(\.status)
                print("crash, \(crashPoint): \(committed) orders at the crash, then \(statuses.count) responses")
                #expect(statuses == Array(repeating: 201, count: buyers.count))
                #expect(try await orders(system) == buyers.count)
                #expect(Set(try await responses.map { $0.json["id"] }).count == buyers.count)
                try await eventually("every command is acknowledged") { try await backlog(system) == 0 }
                try await ConsistencyCheck(system).waitUntilStreamMatchesOutbox(of: "orders", isUntrimmed: true)

                try await system.add(.payments)
                try await ConsistencyCheck(system).waitUntilConsistent()
            }
        }

        /// A batch of events takes no advisory lock. Instead, a lock on a row that the batch updates stops the worker.
        @Test("Events are applied once if their worker is killed")
        func killedEventBatchAppliesOnce() async throws {
            try await SystemHarness.run(Self.formation.merging([.orders: 1]) { $1 }, settings: Self.settings) {
                system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                let listing = try await seller.createListing("A ticket", quantity: 5)

                let lock = try await HeldLock.take(
                    "SELECT 1 FROM tickets.tickets WHERE id = '\(listing)' FOR UPDATE", in: system.database)
                for _ in 0..<5 { _ = try await buyer.createOrder(listing) }
                try await eventually("the worker is in the middle of its batch") {
                    try await lock.waiters().count == 1
                }
                try await #require(system.processes(.tickets).first).process.killAndWait()
                try await lock.endWaiters()
                try await lock.release()
                #expect(try await system.database.count("SELECT count(*) FROM tickets.orders") == 0)

                try await system.add(.tickets)
                try await system.add(.payments)
                try await ConsistencyCheck(system).waitUntilConsistent()
                #expect(
                    try await system.database.count("SELECT held FROM tickets.tickets") == 5,
                    "an event is missing or counted twice")
            }
        }

        /// The suspended worker holds its locks while another worker takes over its entries. Then the suspended worker
        /// resumes.
        @Test("A suspended worker resumes without a second effect")
        func suspendedWorkerResumesSafely() async throws {
            try await SystemHarness.run(Self.formation.merging([.payments: 1]) { $1 }, settings: Self.settings) {
                system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyers = try await concurrently(Self.buyers) {
                    try await TestUser.signUp("buyer\($0)", in: system.browser())
                }
                let listing = try await seller.createListing("A ticket", quantity: Int64(Self.buyers) + 1)
                let suspended = try await system.add(.orders)
                try await eventually("the orders service has the listing") {
                    try await system.database.count("SELECT count(*) FROM orders.tickets") == 1
                }

                let lock = try await HeldLock.take("SELECT 1 FROM orders.tickets FOR UPDATE", in: system.database)
                async let responses = concurrently(buyers.count) { try await buyers[$0].postOrder(listing) }
                try await eventually("every command is in Redis") { try await backlog(system) == buyers.count }
                try await eventually("the worker is in the middle of its batch") {
                    try await lock.waiters().count == 1
                }
                suspended.process.send(.stop)
                try await lock.release()

                // The worker's session now holds the lock on the listing's row. The server ends that session soon.
                let other = try await system.add(.orders)
                #expect(try await responses.map(\.status) == Array(repeating: 201, count: buyers.count))
                suspended.process.send(.resume)
                try await eventually("every command is acknowledged") { try await backlog(system) == 0 }
                #expect(try await orders(system) == buyers.count)

                // The resumed worker recovers and processes orders alone.
                try await other.process.killAndWait()
                _ = try await buyers[0].createOrder(listing)
                try await ConsistencyCheck(system).waitUntilConsistent()
                #expect(suspended.process.exitStatus == nil)
            }
        }

        private func orders(_ system: SystemHarness) async throws -> Int {
            try await system.database.count("SELECT count(*) FROM orders.orders")
        }

        private func backlog(_ system: SystemHarness) async throws -> Int {
            let output = try await system.redis.command("XLEN", "gittix:commands:{orders}")
            return try #require(Int(output.split(separator: "\n")[0]))
        }
    }
}
