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

    @Test("A message is new once; after that its reply is there, byte for byte")
    func once() async throws {
        let pool = try await freshPool()
        let ids = (0..<300).map { _ in UUID() }
        let reply = Array("{\"b\":1, \"a\":\"\\u0000\",\"b\":1.0}".utf8)
        let storage = ServiceStorage(service: .orders)
        try await pool.withTransaction { transaction in
            #expect(try await inbox.accept(ids.map { entry($0, fingerprint: [1, 2]) }, in: transaction).isEmpty)
            try await storage.commit(
                transaction, changes: [],
                replies: [
                    InboxReply(id: ids[0], outcome: .done, reply: reply),
                    InboxReply(id: ids[1], outcome: .refused, reply: Array("{}".utf8)),
                    InboxReply(id: ids[2], outcome: .done),
                ], events: [])
        }
        let fresh = UUID()
        let prior = try await pool.withTransaction { transaction in
            try await inbox.accept([entry(fresh)] + ids.reversed().map { entry($0) }, in: transaction)
        }
        #expect(prior.count == 300 && prior[fresh] == nil)
        #expect(
            prior[ids[0]]
                == InboxPrior(actor: "user", type: "CreateOrder", fingerprint: [1, 2], outcome: .done, reply: reply))
        #expect(prior[ids[1]]?.outcome == .refused)
        #expect(prior[ids[2]]?.outcome == .done && prior[ids[2]]?.reply == nil)
        #expect(prior[ids[3]]?.outcome == nil)
        #expect(try await inbox.lookup(ids[0], on: pool) == prior[ids[0]])
        #expect(try await inbox.lookup(UUID(), on: pool) == nil)
        #expect(try await pool.withTransaction { try await inbox.accept([], in: $0) }.isEmpty)
    }

    @Test("A message that another batch is taking in is waited for, and its reply seen", arguments: [true, false])
    func conflict(commits: Bool) async throws {
        let pool = try await freshPool()
        let id = UUID()
        struct GivenUp: Error {}
        let (secondPID, announce) = AsyncStream.makeStream(of: Int32.self)
        var second: Task<[UUID: InboxPrior], any Error>?
        do {
            try await pool.withTransaction { transaction in
                _ = try await inbox.accept([entry(id)], in: transaction)
                second = Task { [inbox, entry = entry(id)] in
                    try await pool.withTransaction { transaction in
                        announce.yield(try await transaction.query("SELECT pg_backend_pid()")[0].decode(Int32.self))
                        return try await inbox.accept([entry], in: transaction)
                    }
                }
                let pid = try #require(await secondPID.first { _ in true })
                try await waitUntil(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = \(pid) AND NOT granted)", on: pool)
                guard commits else { throw GivenUp() }
                try await transaction.commit(with: [
                    inbox.storeSQL([InboxReply(id: id, outcome: .done, reply: Array("{\"n\":1}".utf8))])
                ])
            }
        } catch is GivenUp {}
        let prior = try await #require(second).value
        if commits {
            #expect(prior[id]?.reply == Array("{\"n\":1}".utf8))
        } else {
            #expect(prior.isEmpty)
        }
    }

    @Test("Batches with the same messages in any order do not deadlock, and each message is new to one of them")
    func order() async throws {
        let pool = try await freshPool(size: 6)
        for _ in 0..<20 {
            let ids = (0..<40).map { _ in UUID() }
            let newTo = try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask { [inbox] in
                        let shuffled = ids.shuffled()
                        return try await pool.withTransaction { transaction in
                            let entries = shuffled.map { entry($0) }
                            return ids.count - (try await inbox.accept(entries, in: transaction)).count
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(newTo == ids.count)
        }
    }

    @Test("A message that was put off is new when it comes back")
    func putOff() async throws {
        let pool = try await freshPool()
        let (kept, released) = (UUID(), UUID())
        for _ in 0..<2 {
            try await pool.withTransaction { transaction in
                let prior = try await inbox.accept([entry(kept), entry(released)], in: transaction)
                #expect(prior[released] == nil)
                try await ServiceStorage(service: .orders).commit(
                    transaction, changes: [], putOff: [released], replies: [], events: [])
            }
        }
        #expect(try await inbox.lookup(kept, on: pool) != nil)
    }

    @Test("Old rows go, a few at a time")
    func prune() async throws {
        let pool = try await freshPool()
        let ids = (0..<30).map { _ in UUID() }
        _ = try await pool.withTransaction { try await inbox.accept(ids.map { entry($0) }, in: $0) }
        try await pool.execute(
            "UPDATE orders.inbox SET received_at = now() - interval '49 hours' WHERE id = ANY(\(Array(ids[..<25])))")
        let limit = Timestamp.now() - Inbox.retention
        #expect(try await inbox.prune(before: limit, limit: 10, on: pool) == 10)
        #expect(try await inbox.prune(before: limit, on: pool) == 15)
        #expect(try await inbox.prune(before: limit, on: pool) == 0)
        #expect(try await inbox.find(ids, on: pool).count == 5)
    }
}
