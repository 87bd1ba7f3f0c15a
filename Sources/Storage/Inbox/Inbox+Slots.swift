public import FoundationEssentials
public import Marketplace
public import PostgresClient

// The inbox is a table for each slot of time. All that are open at one time write into the same slot: they hold a lock in
// common from before their look until COMMIT, and the move to the next slot takes it alone. So the key of one slot is
// enough to refuse a message twice, and a look that begins after a move sees all that was committed before it.
extension Inbox {
    /// How long a slot is written to.
    static let slotLength = Duration.seconds(86_400)
    /// How long a message is known, at least, once it was taken in: the stated limit of repeats.
    public static let retention = Duration.seconds(48 * 3600)

    static let slotMark = "inbox_slot"
    /// When a slot was left, in milliseconds since 1970.
    private static func endMark(_ slot: SQL) -> SQL { "'inbox_slot_ended_' || \(slot)" }
    private static let partitionPrefix = "inbox_"

    /// What opens a transaction that takes messages in: the lock on the slot, then the look, which must be a statement of
    /// its own after it. See ``prior(_:)``.
    public func openingSQL(_ ids: [UUID]) -> [SQL] {
        ["SELECT pg_advisory_xact_lock_shared(\(AdvisoryLock.inboxSlot(schema)))", findSQL(ids)]
    }

    /// The slot that is written to: read under the lock.
    var currentSlot: SQL {
        "(SELECT value::integer FROM \(identifier: schema).marks WHERE name = \(unsafe: "'\(Self.slotMark)'"))"
    }

    /// What ``maintain(at:on:)`` did: the names of the partitions.
    public struct Maintenance: Sendable, Hashable {
        public var made: [String] = []
        public var moved = false
        public var dropped: [String] = []
    }

    /// Makes the slots that will be needed, moves on to the one of this time, and drops those of which every message is
    /// older than ``retention``. Any number of processes may call it; one does the work.
    public func maintain(at now: Timestamp, on pool: PostgresPool) async throws -> Maintenance {
        let slot = Int64(now.milliseconds / 1000) / Self.slotLength.components.seconds
        var maintenance = Maintenance()
        do {
            guard let made = try await makeSlots(slot...slot + 1, on: pool) else { return maintenance }
            maintenance.made = made
            maintenance.moved = try await move(to: slot, at: now, on: pool)
            maintenance.dropped = try await dropSlots(at: now, on: pool)
        } catch let error as PostgresError where error.sqlState == "55P03" {
            // Waiting here holds up all who come after: not now, then.
        }
        return maintenance
    }

    private func makeSlots(_ wanted: ClosedRange<Int64>, on pool: PostgresPool) async throws -> [String]? {
        try await pool.withTransaction { (transaction) -> [String]? in
            guard let slots = try await slots(in: transaction) else { return nil }
            let missing = wanted.filter { !slots.contains($0) }.map { (name: "\(Self.partitionPrefix)\($0)", slot: $0) }
            for partition in missing {
                let name: SQL = "\(identifier: schema).\(identifier: partition.name)"
                // Attached, not created in place: that would lock out those who write meanwhile. What is dropped whole
                // and read by key alone needs no vacuuming for its own sake.
                try await transaction.execute(
                    "CREATE TABLE \(name) (LIKE \(table) INCLUDING ALL) WITH (autovacuum_vacuum_insert_threshold = -1)")
                try await transaction.execute(
                    "ALTER TABLE \(table) ATTACH PARTITION \(name) FOR VALUES IN (\(unsafe: String(partition.slot)))")
            }
            return missing.map(\.name)
        }
    }

    /// Waits for those who take messages in, each of which is about to COMMIT.
    private func move(to slot: Int64, at now: Timestamp, on pool: PostgresPool) async throws -> Bool {
        let marks: SQL = "\(identifier: schema).marks"
        let behind: SQL = "name = \(Self.slotMark) AND value < \(slot)"
        guard try await !pool.query("SELECT FROM \(marks) WHERE \(behind)").isEmpty else { return false }
        return try await pool.withTransaction { transaction in
            try await transaction.commit(with: [
                "SELECT set_config('lock_timeout', '500ms', true)",
                "SELECT pg_advisory_xact_lock(\(AdvisoryLock.inboxSlot(schema)))",
                """
                INSERT INTO \(marks) (name, value)
                SELECT \(Self.endMark("value")), \(now.milliseconds) FROM \(marks) WHERE \(behind)
                """,
                "UPDATE \(marks) SET value = \(slot) WHERE \(behind)",
            ])[3].affectedRows == 1
        }
    }

    private func dropSlots(at now: Timestamp, on pool: PostgresPool) async throws -> [String] {
        try await pool.withTransaction { transaction in
            guard let slots = try await slots(in: transaction) else { return [] }
            let old = try await transaction.query(
                """
                SELECT slot FROM unnest(\(slots)) AS slot
                JOIN \(identifier: schema).marks ON name = \(Self.endMark("slot"))
                WHERE value < \((now - Self.retention).milliseconds) AND slot <> \(currentSlot)
                """
            ).decode(Int64.self)
            for slot in old {
                let name = "\(Self.partitionPrefix)\(slot)"
                try await transaction.execute("DROP TABLE \(identifier: schema).\(identifier: name)")
                try await transaction.execute(
                    "DELETE FROM \(identifier: schema).marks WHERE name = \(Self.endMark("\(slot)::bigint"))")
            }
            return old.map { "\(Self.partitionPrefix)\($0)" }
        }
    }

    /// The slots there are; nil where another is at work.
    private func slots(in transaction: PostgresTransaction) async throws -> [Int64]? {
        try await Partitions(schema: schema, table: "inbox").numbers(
            under: AdvisoryLock.inboxMaintenance(schema), in: transaction)
    }
}
