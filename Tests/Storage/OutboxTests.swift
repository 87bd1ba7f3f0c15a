import FoundationEssentials
import Marketplace
import PostgresClient
import Support
import Testing

@testable import Storage

@Suite("Outbox", .timeLimit(.minutes(3)))
struct OutboxTests {
    private let outbox = Outbox(service: .orders)

    @Test("Events are read unchanged and in order")
    func order() async throws {
        let pool = try await freshPool()
        let events = (0..<500).map { event($0) }
        _ = try await pool.pipeline(outbox.appendSQL(events))
        let rows = try await outbox.read(after: 0, limit: 1000, on: pool)
        #expect(rows.map(\.event) == events)
        #expect(rows.map(\.id) == (1...500).map(Int64.init))
        #expect(try await outbox.read(after: 490, limit: 3, on: pool).map(\.id) == [491, 492, 493])
        #expect(try await outbox.event(at: 7, on: pool) == events[6].id)
        #expect(try await outbox.event(at: 501, on: pool) == nil)
        #expect(try await outbox.lastID(on: pool) == 500)
        #expect(outbox.appendSQL([]).isEmpty)
    }

    @Test("No row appears below an id that was read, even while many transactions commit and fail")
    func commitOrder() async throws {
        let pool = try await freshPool(size: 10)
        let writers = 8
        async let seen: [Int64] = { [outbox] in
            var seen: [Int64] = []
            var isLast = false
            while true {
                let rows = try await outbox.read(after: seen.last ?? 0, limit: 100, on: pool)
                seen += rows.map(\.id)
                if rows.isEmpty && isLast { return seen }
                // There is one more read after the writers have ended.
                isLast =
                    try await pool.query(
                        "SELECT value = \(Int64(writers)) FROM orders.marks WHERE name = 'finished'"
                    ).first?.decode(Bool.self) ?? false
            }
        }()
        try await withThrowingTaskGroup { group in
            for writer in 0..<writers {
                group.addTask { [outbox] in
                    for round in 0..<40 {
                        let events = (0...round % 3).map { event(writer * 1000 + $0) }
                        do {
                            try await pool.withTransaction { transaction in
                                // The work before the lock takes a different time in each transaction.
                                _ = try await transaction.query("SELECT pg_sleep(random() * 0.002)")
                                var last = outbox.appendSQL(events)
                                // The ids are assigned and the transaction fails, which leaves a gap.
                                if round % 5 == 0 { last.append("SELECT 1 / 0") }
                                try await transaction.commit(with: last)
                            }
                        } catch let error as PostgresError where error.sqlState == "22012" {}
                    }
                    try await pool.execute(
                        """
                        INSERT INTO orders.marks AS marks VALUES ('finished', 1)
                        ON CONFLICT (name) DO UPDATE SET value = marks.value + 1
                        """)
                }
            }
            try await group.waitForAll()
        }
        let all = try await pool.query("SELECT id FROM orders.outbox ORDER BY id").decode(Int64.self)
        #expect(try await seen == all)
        #expect(all.count == writers * (0..<40).filter { $0 % 5 != 0 }.map { $0 % 3 + 1 }.reduce(0, +))
        #expect(try #require(all.last) > Int64(all.count), "there are gaps")
    }

    @Test("Only a transaction with events takes the lock")
    func lock() async throws {
        let pool = try await freshPool()
        let storage = ServiceStorage(service: .orders)
        try await pool.withTransaction { holder in
            _ = try await holder.pipeline(outbox.appendSQL([event(1)]))
            try await pool.withTransaction { other in
                try await storage.commit(other, changes: ["SELECT 1"], events: [])
            }
            // Each service has its own lock.
            try await pool.withTransaction { other in
                try await ServiceStorage(service: .listings).commit(other, changes: [], events: [event(2)])
            }
            let error = try await failure {
                try await pool.withTransaction { other in
                    _ = try await other.query("SELECT set_config('lock_timeout', '20ms', true)")
                    try await storage.commit(other, changes: [], events: [event(3)])
                }
            }
            #expect(error.sqlState == "55P03" && error.isRetryable)
        }
        #expect(try await outbox.read(after: 0, limit: 10, on: pool).map(\.event.version) == [1])
    }

    @Test("The last settled id never goes down")
    func lastSettledID() async throws {
        let pool = try await freshPool()
        #expect(try await outbox.lastSettledID(on: pool) == 0)
        for (mark, expected) in [(5, 5), (3, 5), (0, 5), (9, 9)] as [(Int64, Int64)] {
            try await outbox.mark(lastSettledID: mark, on: pool)
            #expect(try await outbox.lastSettledID(on: pool) == expected)
        }
    }

    @Test("Partitions are created ahead, and dropped when every follower has settled them")
    func partitions() async throws {
        let pool = try await freshPool()
        #expect(try await outbox.maintain(on: pool) == Outbox.Maintenance())
        _ = try await pool.pipeline(outbox.appendSQL([event(1)]))
        // The next ids are the last two of partition 2 and the first two of partition 3.
        _ = try await pool.query("SELECT setval('orders.outbox_ids', 2999997)")
        let full = try await failure { _ = try await pool.pipeline(outbox.appendSQL((0..<4).map { event($0) })) }
        #expect(full.sqlState == "23514", "no partition for the row")
        _ = try await pool.query("SELECT setval('orders.outbox_ids', 2999997)")
        #expect(try await outbox.maintain(on: pool).created == ["outbox_3", "outbox_4"])
        _ = try await pool.pipeline(outbox.appendSQL((0..<4).map { event($0) }))
        #expect(
            try await outbox.read(after: 1, limit: 10, on: pool).map(\.id) == [
                2_999_998, 2_999_999, 3_000_000, 3_000_001,
            ])

        try await outbox.mark(lastSettledID: 2_999_999, on: pool)
        let maintenance = try await outbox.maintain(on: pool)
        // The partition with the mark stays, because the relay compares its row with the stream's last entry.
        #expect(maintenance == Outbox.Maintenance(created: ["outbox_5"], dropped: ["outbox_0", "outbox_1"]))
        #expect(try await outbox.event(at: 2_999_999, on: pool) != nil)
        try await outbox.mark(lastSettledID: 3_000_000, on: pool)
        #expect(try await outbox.maintain(on: pool).dropped == ["outbox_2"])
        #expect(try await outbox.read(after: 0, limit: 10, on: pool).map(\.id) == [3_000_000, 3_000_001])
        #expect(try await outbox.lastID(on: pool) == 3_000_001)
    }

    @Test("Old rows that every follower has settled are deleted in slices, except the one at the mark")
    func prune() async throws {
        let pool = try await freshPool()
        _ = try await pool.pipeline(outbox.appendSQL((1...6).map { event($0) }))
        let end = event(1).at + Outbox.retention
        #expect(try await outbox.prune(at: end + .seconds(1), limit: 10, on: pool) == 0)
        try await outbox.mark(lastSettledID: 4, on: pool)
        #expect(try await outbox.prune(at: end, limit: 10, on: pool) == 0)
        #expect(try await outbox.prune(at: end + .seconds(1), limit: 2, on: pool) == 2)
        #expect(try await outbox.prune(at: end + .seconds(1), limit: 2, on: pool) == 1)
        #expect(try await outbox.prune(at: end + .seconds(1), limit: 2, on: pool) == 0)
        #expect(try await outbox.read(after: 0, limit: 10, on: pool).map(\.id) == [4, 5, 6])
    }

    @Test("Many processes can maintain partitions while others write")
    func maintenanceUnderLoad() async throws {
        let pool = try await freshPool()
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask { [outbox] in
                    _ = try await pool.pipeline(outbox.appendSQL([event(number)]))
                    _ = try await pool.query(
                        "SELECT setval('orders.outbox_ids', nextval('orders.outbox_ids') + 100000)")
                }
                group.addTask { [outbox] in _ = try await outbox.maintain(on: pool) }
            }
            try await group.waitForAll()
        }
        let maintenance = try await outbox.maintain(on: pool)
        #expect(try await outbox.read(after: 0, limit: 100, on: pool).count == 20)
        #expect(maintenance.dropped.isEmpty)
    }
}
