import FoundationEssentials
import Marketplace
import PostgresClient
import Support
import Testing

@testable import Storage

@Suite("Inbox", .timeLimit(.minutes(2)))
struct InboxTests {
    private let inbox = Inbox(service: .orders)

    private func entry(_ id: UUID, fingerprint: [UInt8]? = nil) -> InboxEntry {
        InboxEntry(id: id, actor: "user", type: "CreateOrder", fingerprint: fingerprint)
    }

    /// Takes in those that are new, as a batch does.
    private func take(
        _ entries: [InboxEntry], in pool: PostgresPool, reply: [UInt8]? = nil
    ) async throws -> [UUID: InboxPrior] {
        try await pool.withTransaction(opening: [inbox.findSQL(entries.map(\.id))]) { transaction in
            let prior = try inbox.prior(try await transaction.opening()[0])
            let fresh = entries.filter { prior[$0.id] == nil }
            try await ServiceStorage(service: .orders).commit(
                transaction,
                messages: fresh.map { InboxRecord($0, outcome: reply.map { _ in .done }, reply: reply) },
                changes: [], events: [])
            return prior
        }
    }

    @Test("A message is new once; after that its reply is there, byte for byte")
    func once() async throws {
        let pool = try await freshPool()
        let ids = (0..<300).map { _ in UUID() }
        let reply = Array("{\"b\":1, \"a\":\"\\u0000\",\"b\":1.0}".utf8)
        try await pool.withTransaction { transaction in
            let answers = [
                InboxRecord(entry(ids[0], fingerprint: [1, 2]), outcome: .done, reply: reply),
                InboxRecord(entry(ids[1]), outcome: .refused, reply: Array("{}".utf8)),
                InboxRecord(entry(ids[2]), outcome: .done),
            ]
            try await ServiceStorage(service: .orders).commit(
                transaction, messages: answers + ids[3...].map { InboxRecord(entry($0)) }, changes: [], events: [])
        }
        let fresh = UUID()
        let prior = try await take([entry(fresh)] + ids.reversed().map { entry($0) }, in: pool)
        #expect(prior.count == 300 && prior[fresh] == nil)
        #expect(
            prior[ids[0]]
                == InboxPrior(actor: "user", type: "CreateOrder", fingerprint: [1, 2], outcome: .done, reply: reply))
        #expect(prior[ids[1]]?.outcome == .refused)
        #expect(prior[ids[2]]?.outcome == .done && prior[ids[2]]?.reply == nil)
        #expect(prior[ids[3]]?.outcome == nil)
        #expect(try await inbox.lookup(ids[0], on: pool) == prior[ids[0]])
        #expect(try await inbox.lookup(fresh, on: pool) != nil)
        #expect(try await inbox.lookup(UUID(), on: pool) == nil)
    }

    @Test("A message without an answer is given one later")
    func later() async throws {
        let pool = try await freshPool()
        let id = UUID()
        _ = try await take([entry(id)], in: pool)
        try await pool.execute(inbox.storeSQL([InboxReply(id: id, outcome: .refused, reply: Array("{\"n\":1}".utf8))]))
        let prior = try await inbox.lookup(id, on: pool)
        #expect(prior?.outcome == .refused && prior?.reply == Array("{\"n\":1}".utf8))
    }

    @Test("Two transactions that both found a message missing: one takes it in", arguments: [true, false])
    func conflict(commits: Bool) async throws {
        let pool = try await freshPool()
        let id = UUID()
        struct GivenUp: Error {}
        let (secondPID, announce) = AsyncStream.makeStream(of: Int32.self)
        var second: Task<Void, any Error>?
        do {
            try await pool.withTransaction(opening: [inbox.findSQL([id])]) { transaction in
                #expect(try await transaction.opening()[0].isEmpty)
                // The row is in, COMMIT is not: the last instant at which another may find nothing.
                try await transaction.execute(inbox.insertSQL([InboxRecord(entry(id), outcome: .done)]))
                second = Task { [inbox, entry = entry(id)] in
                    try await pool.withTransaction(opening: [inbox.findSQL([id])]) { transaction in
                        #expect(try await transaction.opening()[0].isEmpty)
                        announce.yield(try await transaction.query("SELECT pg_backend_pid()")[0].decode(Int32.self))
                        try await transaction.commit(with: [inbox.insertSQL([InboxRecord(entry, outcome: .refused)])])
                    }
                }
                let pid = try #require(await secondPID.first { _ in true })
                try await waitUntil(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = \(pid) AND NOT granted)", on: pool)
                if !commits { throw GivenUp() }
            }
        } catch is GivenUp {}
        let error = try? await failure { try await #require(second).value }
        #expect((error?.isUniqueViolation ?? false) == commits)
        #expect(try await inbox.lookup(id, on: pool)?.outcome == (commits ? .done : .refused))
    }

    @Test("Batches with the same messages in any order do not deadlock, and each message is new to one of them")
    func order() async throws {
        let pool = try await freshPool(size: 6)
        for _ in 0..<20 {
            let ids = (0..<40).map { _ in UUID() }
            let newTo = try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask {
                        let shuffled = ids.shuffled().map { entry($0) }
                        while true {
                            do {
                                return try await ids.count - take(shuffled, in: pool).count
                            } catch let error as PostgresError where error.isUniqueViolation {}
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(newTo == ids.count)
        }
    }

    @Test("Old rows go, a few at a time")
    func prune() async throws {
        let pool = try await freshPool()
        let ids = (0..<30).map { _ in UUID() }
        _ = try await take(ids.map { entry($0) }, in: pool)
        try await pool.execute(
            "UPDATE orders.inbox SET received_at = now() - interval '49 hours' WHERE id = ANY(\(Array(ids[..<25])))")
        let limit = Timestamp.now() - Inbox.retention
        #expect(try await inbox.prune(before: limit, limit: 10, on: pool) == 10)
        #expect(try await inbox.prune(before: limit, on: pool) == 15)
        #expect(try await inbox.prune(before: limit, on: pool) == 0)
        #expect(try await inbox.find(ids, on: pool).count == 5)
    }
}
