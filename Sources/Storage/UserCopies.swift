import Marketplace
import PostgresClient

/// The copy of the users that a schema keeps, in its own table `users`.
struct UserCopies {
    /// The schema.
    let schema: String

    /// The lock between those who go by a user's copy and a ban: the former share it, a ban takes it alone. A ban then
    /// sees all that was done before it, and whoever comes after it sees the ban. To be taken before the copies are read.
    ///
    /// One lock for all users, where a lock on each one's row would be a write for each buyer, with its WAL; bans are
    /// few, and wait for the batches under way.
    func fence(isBan: Bool) -> SQL {
        let lock = AdvisoryLock.bans(schema)
        return isBan ? "SELECT pg_advisory_xact_lock(\(lock))" : "SELECT pg_advisory_xact_lock_shared(\(lock))"
    }

    func select(_ ids: Set<UserID>) -> SQL? {
        ids.isEmpty ? nil : read(ids)
    }

    /// Locked: those that are told of, whose copies change.
    func lock(_ ids: Set<UserID>) -> SQL? {
        ids.isEmpty ? nil : "\(read(ids)) ORDER BY id FOR UPDATE"
    }

    private func read(_ ids: Set<UserID>) -> SQL {
        "SELECT id, status, version FROM \(identifier: schema).users WHERE id = ANY(\(ids.sorted()))"
    }

    /// Writes copies; one that is there with a larger version stays.
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
