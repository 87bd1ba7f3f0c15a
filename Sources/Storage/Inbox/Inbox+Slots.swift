public import FoundationEssentials
public import Marketplace
public import PostgresClient

// The inbox has one partition for each slot of time. All open transactions write to the same slot: each takes a shared
// lock before its lookup and holds it until COMMIT, and the switch to the next slot takes the lock exclusively. So the
// primary key of one slot is enough to reject a duplicate, and a lookup that begins after a switch sees everything that
// was committed before the switch.
extension Inbox {
    /// The time for which new rows go into a slot.
    static let slotLength = Duration.seconds(86_400)
    /// Minimum time for which an accepted message is kept. A duplicate that arrives later may take effect again.
    public static let retention = Duration.seconds(48 * 3600)

    static let slotMark = "inbox_slot"
    /// The name of the mark that holds a slot's end, in milliseconds since 1970.
    private static func endMark(_ slot: SQL) -> SQL { "'inbox_slot_ended_' || \(slot)" }
    private static let partitionPrefix = "inbox_"

    /// Returns the statements that open a transaction that accepts messages: the slot lock, then the lookup. They must
    /// be separate statements, in this order. ``prior(_:)`` decodes their results.
    public func openingSQL(_ ids: [UUID]) -> [SQL] {
        ["SELECT pg_advisory_xact_lock_shared(\(AdvisoryLock.inboxSlot(schema)))", findSQL(ids)]
    }

    /// A subquery for the current slot, to be read under the slot lock.
    var currentSlot: SQL {
        "(SELECT value::integer FROM \(identifier: schema).marks WHERE name = \(unsafe: "'\(Self.slotMark)'"))"
    }

    /// The partitions that ``maintain(at:on:)`` created and dropped, by name.
    public struct Maintenance: Sendable, Hashable {
        public var created: [String] = []
        /// True if the current slot changed.
        public var switched = false
        public var dropped: [String] = []
    }

    /// Creates the slots of this day and the next, switches to the slot of this day, and drops the slots that ended
    /// more than ``retention`` ago. Any number of processes may call it at the same time: one of them does the work.
    public func maintain(at now: Timestamp, on pool: PostgresPool) async throws -> Maintenance {
        let slot = Int64(now.milliseconds / 1000) / Self.slotLength.components.seconds
        var maintenance = Maintenance()
        do {
            guard let created = try await createSlots(slot...slot + 1, on: pool) else { return maintenance }
            maintenance.created = created
            maintenance.switched = try await switchSlot(to: slot, at: now, on: pool)
            maintenance.dropped = try await dropSlots(at: now, on: pool)
        } catch let error as PostgresError where error.sqlState == "55P03" {
            // The lock was not free within the timeout. During a longer wait, other statements would queue behind this
            // one. The next call tries again.
        }
        return maintenance
    }

    private func createSlots(_ wanted: ClosedRange<Int64>, on pool: PostgresPool) async throws -> [String]? {
        try await pool.withTransaction { (transaction) -> [String]? in
            guard let slots = try await slots(in: transaction) else { return nil }
            let missing = wanted.filter { !slots.contains($0) }.map { (name: "\(Self.partitionPrefix)\($0)", slot: $0) }
            for partition in missing {
                let name: SQL = "\(identifier: schema).\(identifier: partition.name)"
                // Created separately and then attached, because PARTITION OF would block writers. A table that is read
                // by key and dropped as a whole needs no vacuum after inserts.
                try await transaction.execute(
                    "CREATE TABLE \(name) (LIKE \(table) INCLUDING ALL) WITH (autovacuum_vacuum_insert_threshold = -1)")
                try await transaction.execute(
                    "ALTER TABLE \(table) ATTACH PARTITION \(name) FOR VALUES IN (\(unsafe: String(partition.slot)))")
            }
            return missing.map(\.name)
        }
    }

    /// Makes `slot` the current slot, if it is later. Waits for the open transactions that accept messages.
    private func switchSlot(to slot: Int64, at now: Timestamp, on pool: PostgresPool) async throws -> Bool {
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

    /// Returns the existing slots, or `nil` if another process is at work.
    private func slots(in transaction: PostgresTransaction) async throws -> [Int64]? {
        try await Partitions(schema: schema, table: "inbox").numbers(
            under: AdvisoryLock.inboxMaintenance(schema), in: transaction)
    }
}
