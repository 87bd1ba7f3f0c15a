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

    /// Accepts the new messages, like a batch.
    private func accept(
        _ entries: [InboxEntry], in pool: PostgresPool, reply: [UInt8]? = nil
    ) async throws -> [UUID: InboxPrior] {
        try await pool.withTransaction(opening: inbox.openingSQL(entries.map(\.id))) { transaction in
            let prior = try inbox.prior(try await transaction.opening())
            let fresh = entries.filter { prior[$0.id] == nil }
            try await ServiceStorage(service: .orders).commit(
                transaction,
                messages: fresh.map { InboxRecord($0, outcome: reply.map { _ in .done }, reply: reply) },
                changes: [], events: [])
            return prior
        }
    }

    @Test("A message is new once, and its stored reply stays the same byte for byte")
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
        let prior = try await accept([entry(fresh)] + ids.reversed().map { entry($0) }, in: pool)
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

    @Test("A message accepted without a reply gets one later")
    func later() async throws {
        let pool = try await freshPool()
        let id = UUID()
        _ = try await accept([entry(id)], in: pool)
        try await pool.execute(inbox.storeSQL([InboxReply(id: id, outcome: .refused, reply: Array("{\"n\":1}".utf8))]))
        let prior = try await inbox.lookup(id, on: pool)
        #expect(prior?.outcome == .refused && prior?.reply == Array("{\"n\":1}".utf8))
    }

    @Test("Only one of two transactions that both miss a message accepts it", arguments: [true, false])
    func conflict(commits: Bool) async throws {
        let pool = try await freshPool()
        let id = UUID()
        struct RolledBack: Error {}
        let (secondPID, announce) = AsyncStream.makeStream(of: Int32.self)
        var second: Task<Void, any Error>?
        do {
            try await pool.withTransaction(opening: inbox.openingSQL([id])) { transaction in
                #expect(try inbox.prior(try await transaction.opening()).isEmpty)
                // The row is inserted but not committed: the last instant at which another transaction finds nothing.
                try await transaction.execute(inbox.insertSQL([InboxRecord(entry(id), outcome: .done)]))
                second = Task { [inbox, entry = entry(id)] in
                    try await pool.withTransaction(opening: inbox.openingSQL([id])) { transaction in
                        #expect(try inbox.prior(try await transaction.opening()).isEmpty)
                        announce.yield(try await transaction.query("SELECT pg_backend_pid()")[0].decode(Int32.self))
                        try await transaction.commit(with: [inbox.insertSQL([InboxRecord(entry, outcome: .refused)])])
                    }
                }
                let pid = try #require(await secondPID.first { _ in true })
                try await waitUntil(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = \(pid) AND NOT granted)", on: pool)
                if !commits { throw RolledBack() }
            }
        } catch is RolledBack {}
        let error = try? await failure { try await #require(second).value }
        #expect((error?.isUniqueViolation ?? false) == commits)
        #expect(try await inbox.lookup(id, on: pool)?.outcome == (commits ? .done : .refused))
    }

    @Test("Batches with the same messages in any order do not deadlock, and each message is new once")
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
                                return try await ids.count - accept(shuffled, in: pool).count
                            } catch let error as PostgresError where error.isUniqueViolation {}
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(newTo == ids.count)
        }
    }

    // MARK: Slots

    private func slots(_ pool: PostgresPool) async throws -> Set<Int> {
        Set(try await pool.query("SELECT DISTINCT slot FROM orders.inbox").decode(Int.self))
    }

    @Test("Messages are stored in the current slot, found in all slots, and dropped with their slot")
    func slots() async throws {
        let pool = try await freshPool()
        let day = Duration.seconds(86_400)
        let start = Timestamp(milliseconds: 20_000 * 86_400_000 + 1)
        let ids = (0..<5).map { _ in UUID() }
        // The first message is from before the first slot.
        _ = try await accept([entry(ids[0])], in: pool)
        let first = try await inbox.maintain(at: start, on: pool)
        #expect(first == Inbox.Maintenance(created: ["inbox_20000", "inbox_20001"], switched: true))
        #expect(try await inbox.maintain(at: start, on: pool) == Inbox.Maintenance())
        _ = try await accept([entry(ids[1])], in: pool)
        #expect(try await inbox.maintain(at: start + day, on: pool).switched)
        _ = try await accept([entry(ids[2])], in: pool)
        #expect(try await slots(pool) == [0, 20_000, 20_001])

        // A day passes without workers, and then the clock goes back.
        let third = try await inbox.maintain(at: start + day * 2 - .milliseconds(5), on: pool)
        #expect(!third.switched && third.dropped.isEmpty)
        let fourth = try await inbox.maintain(at: start + day * 3, on: pool)
        #expect(fourth.switched && fourth.dropped == ["inbox_0"])
        #expect(try await !inbox.maintain(at: start, on: pool).switched)
        _ = try await accept([entry(ids[3])], in: pool)
        #expect(try await slots(pool) == [20_000, 20_001, 20_003])
        #expect(
            try await accept(ids.map { entry($0) }, in: pool).keys.sorted { $0.precedes($1) }
                == ids[1...3].sorted { $0.precedes($1) })

        // A slot is dropped two days after its end. Slot 20004 ends only in the last call, so it stays.
        #expect(try await inbox.maintain(at: start + day * 4, on: pool).dropped == ["inbox_20000"])
        let last = try await inbox.maintain(at: start + day * 40, on: pool)
        #expect(last.dropped.sorted() == ["inbox_20001", "inbox_20003"])
    }

    @Test("A message is new once during the switch to the next slot")
    func slotRace() async throws {
        let pool = try await freshPool()
        let id = UUID()
        let now = Timestamp.now()
        var switcher: Task<Inbox.Maintenance, any Error>?
        var second: Task<[UUID: InboxPrior], any Error>?
        try await pool.withTransaction(opening: inbox.openingSQL([id])) { transaction in
            #expect(try inbox.prior(try await transaction.opening()).isEmpty)
            switcher = Task { [inbox] in
                // The switch times out, so that statements behind it can run, and tries again.
                while true {
                    let done = try await inbox.maintain(at: now, on: pool)
                    if done.switched { return done }
                }
            }
            try await waitUntil(
                """
                SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event = 'advisory')
                """, on: pool)
            second = Task { [entry = entry(id)] in try await accept([entry], in: pool) }
            // The row is in the old slot, and not committed.
            try await transaction.execute(inbox.insertSQL([InboxRecord(entry(id), outcome: .done)]))
            try await waitUntil(
                """
                SELECT count(*) = 2 FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """, on: pool)
        }
        _ = try await switcher?.value
        do {
            #expect(try await second?.value[id]?.outcome == .done)
        } catch let error as PostgresError where error.isUniqueViolation {
            // The second row was inserted before the switch, into the same slot.
        }
        #expect(try await pool.query("SELECT count(*) FROM orders.inbox")[0].decode(Int.self) == 1)
        _ = try await accept([entry(UUID())], in: pool)
        #expect(try await slots(pool).count == 2)
    }
}
