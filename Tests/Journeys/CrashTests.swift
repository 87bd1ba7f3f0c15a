import Support
import Testing

@testable import Storage

extension Journeys {
    /// Workers killed at exact instants. The outbox lock is taken last before COMMIT, so whoever holds it stops a
    /// worker right there.
    @Suite(.serialized)
    struct CrashTests {
        enum Instant: String, CaseIterable, CustomTestStringConvertible {
            /// The server rolls the transaction back.
            case beforeCommit
            /// Everything was sent, COMMIT too, when the worker died: the server commits, and nobody is told.
            case whileCommitting
            /// The worker knows of its COMMIT and can't tell Redis any more.
            case betweenCommitAndAck

            var testDescription: String { rawValue }
        }

        private static let buyers = 12
        /// No payments pool: what the orders stream has told is kept for it, so the whole of it can be compared.
        private static let formation: Formation = [.api: 1, .users: 1, .tickets: 1, .expiration: 1]
        private static let settings = ["CLAIM_IDLE_MS": "1500", "COMMAND_WAIT_SECONDS": "20"]

        @Test("kill -9 in the middle of a batch", arguments: Instant.allCases)
        func killed(_ instant: Instant) async throws {
            try await System.run(Self.formation, settings: Self.settings) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyers = try await concurrently(Self.buyers) {
                    try await Person.signUp("buyer\($0)", in: system.browser())
                }
                let ticket = try await seller.list("A ticket", quantity: Int64(Self.buyers))
                let database = system.database

                // Everything waits when the worker comes: it is one batch.
                async let answers = concurrently(buyers.count) { try await buyers[$0].triesToOrder(ticket) }
                try await eventually("every command is in Redis") { try await backlog(system) == buyers.count }
                let lock = try await HeldLock.take(advisory: AdvisoryLock.outbox("orders"), in: database)
                let victim = try await system.add(.orders)
                try await eventually("the worker is before its COMMIT") { try await lock.waiters().count == 1 }
                #expect(try await orders(system) == 0)

                switch instant {
                case .beforeCommit:
                    try await victim.process.killNow()
                    try await lock.endWaiters()
                    try await lock.release()
                    #expect(try await orders(system) == 0, "what was not committed is not there")
                case .whileCommitting:
                    try await victim.process.killNow()
                    try await lock.release()
                    try await eventually("the server has committed") { try await orders(system) > 0 }
                case .betweenCommitAndAck:
                    try await system.redis.command("CLIENT", "PAUSE", "60000", "WRITE")
                    try await lock.release()
                    try await eventually("the worker has committed") { try await orders(system) > 0 }
                    try await victim.process.killNow()
                    try await system.redis.command("CLIENT", "UNPAUSE")
                }
                let atDeath = try await orders(system)
                #expect(atDeath == (instant == .beforeCommit ? 0 : buyers.count), "all of the batch or nothing")
                #expect(try await backlog(system) == buyers.count, "nothing was acked")

                try await system.add(.orders)
                let statuses = try await answers.map(\.status)
                print("crash, \(instant): \(atDeath) orders at the death, then \(statuses.count) answers")
                #expect(statuses == Array(repeating: 201, count: buyers.count))
                #expect(try await orders(system) == buyers.count)
                #expect(Set(try await answers.map { $0.json["id"] }).count == buyers.count)
                try await eventually("every command is acked") { try await backlog(system) == 0 }
                try await Books(system).stream(of: "orders", isWhole: true)

                try await system.add(.payments)
                try await Books(system).balance()
            }
        }

        /// A batch of events takes no lock of its own; a row it needs, held by another, stops it.
        @Test("kill -9 while events are taken in")
        func killedWithEvents() async throws {
            try await System.run(Self.formation.merging([.orders: 1]) { $1 }, settings: Self.settings) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyer = try await Person.signUp("buyer", in: system.browser())
                let ticket = try await seller.list("A ticket", quantity: 5)

                let lock = try await HeldLock.take(
                    "SELECT 1 FROM tickets.tickets WHERE id = '\(ticket)' FOR UPDATE", in: system.database)
                for _ in 0..<5 { _ = try await buyer.ordered(ticket) }
                try await eventually("the worker is in the middle of its batch") {
                    try await lock.waiters().count == 1
                }
                try await #require(system.members(.tickets).first).process.killNow()
                try await lock.endWaiters()
                try await lock.release()
                #expect(try await system.database.count("SELECT count(*) FROM tickets.orders") == 0)

                try await system.add(.tickets)
                try await system.add(.payments)
                try await Books(system).balance()
                #expect(try await system.database.count("SELECT held FROM tickets.tickets") == 5, "each counted once")
            }
        }

        /// A worker that is stopped, not killed: it holds its locks, others take its entries, and then it goes on.
        @Test("SIGSTOP in the middle of a batch, and on again")
        func stopped() async throws {
            try await System.run(Self.formation.merging([.payments: 1]) { $1 }, settings: Self.settings) { system in
                let seller = try await Person.signUp("seller", in: system.browser())
                let buyers = try await concurrently(Self.buyers) {
                    try await Person.signUp("buyer\($0)", in: system.browser())
                }
                let ticket = try await seller.list("A ticket", quantity: Int64(Self.buyers) + 1)
                let frozen = try await system.add(.orders)
                try await eventually("the listing has reached orders") {
                    try await system.database.count("SELECT count(*) FROM orders.tickets") == 1
                }

                let lock = try await HeldLock.take("SELECT 1 FROM orders.tickets FOR UPDATE", in: system.database)
                async let answers = concurrently(buyers.count) { try await buyers[$0].triesToOrder(ticket) }
                try await eventually("every command is in Redis") { try await backlog(system) == buyers.count }
                try await eventually("the worker is in the middle of its batch") {
                    try await lock.waiters().count == 1
                }
                frozen.process.send(.stop)
                try await lock.release()

                // Its session, which has the listing's row now, is ended by the server before long.
                let other = try await system.add(.orders)
                #expect(try await answers.map(\.status) == Array(repeating: 201, count: buyers.count))
                frozen.process.send(.resume)
                try await eventually("every command is acked") { try await backlog(system) == 0 }
                #expect(try await orders(system) == buyers.count)

                // It has noticed, and does its work alone again.
                try await other.process.killNow()
                _ = try await buyers[0].ordered(ticket)
                try await Books(system).balance()
                #expect(frozen.process.ending == nil)
            }
        }

        private func orders(_ system: System) async throws -> Int {
            try await system.database.count("SELECT count(*) FROM orders.orders")
        }

        private func backlog(_ system: System) async throws -> Int {
            let answer = try await system.redis.command("XLEN", "gittix:commands:{orders}")
            return try #require(Int(answer.split(separator: "\n")[0]))
        }
    }
}
