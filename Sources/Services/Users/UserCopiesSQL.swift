import Marketplace
import PostgresClient
import Storage

/// The SQL of a schema's copies of users, in its table `users`.
struct UserCopiesSQL {
    let schema: String

    /// Reads copies and locks them until COMMIT. All copies that a batch locks go into one call, so that all
    /// transactions lock them in the same order.
    ///
    /// While the lock is held, no other transaction decides about the same users: a ban sees all orders and listings
    /// that were decided before it, later decisions see the ban, and a buyer's orders are counted one after the other.
    ///
    /// - Parameter columns: The further columns of this schema's table, after a comma.
    func lock(_ ids: Set<UserID>, and columns: SQL = "") -> SQL? {
        guard !ids.isEmpty else { return nil }
        return """
            SELECT id, status, version\(columns) FROM \(identifier: schema).users WHERE id = ANY(\(ids.sorted()))
            ORDER BY id FOR NO KEY UPDATE
            """
    }

    /// Writes copies. Stored rows with the same or a newer version stay as they are.
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
