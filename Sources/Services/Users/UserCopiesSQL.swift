import Marketplace
import PostgresClient
import Storage

/// The SQL of a schema's copies of users, in its table `users`.
struct UserCopiesSQL {
    let schema: String

    /// Locks between bans and the decisions that depend on a user's copy. Decisions share the lock, and a ban takes it
    /// exclusively. So a ban sees everything decided before it, and later decisions see the ban. Take it before reading
    /// the copies.
    ///
    /// There is one lock for all users: a lock on each user's row would be a write with its WAL for each buyer. Bans
    /// are rare, and wait for the running batches.
    func banLock(isBan: Bool) -> SQL {
        let lock = AdvisoryLock.bans(schema)
        return isBan ? "SELECT pg_advisory_xact_lock(\(lock))" : "SELECT pg_advisory_xact_lock_shared(\(lock))"
    }

    /// Reads copies.
    func select(_ ids: Set<UserID>) -> SQL? {
        ids.isEmpty ? nil : read(ids)
    }

    /// Reads and locks copies that an event changes.
    func lock(_ ids: Set<UserID>) -> SQL? {
        ids.isEmpty ? nil : "\(read(ids)) ORDER BY id FOR UPDATE"
    }

    private func read(_ ids: Set<UserID>) -> SQL {
        "SELECT id, status, version FROM \(identifier: schema).users WHERE id = ANY(\(ids.sorted()))"
    }

    /// Writes copies. Rows with a newer version stay.
    func write(_ users: [UserCopy]) -> SQL? {
        guard !users.isEmpty else { return nil }
        let users = users.sorted { $0.id < $1.id }
        return """
            INSERT INTO \(identifier: schema).users AS copy (id, status, version)
            SELECT
                unnest(\(users.map(\.id))), unnest(\(users.map(\.status.rawValue))), unnest(\(users.map(\.version)))
            ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version
            WHERE copy.version < excluded.version
            """
    }
}
