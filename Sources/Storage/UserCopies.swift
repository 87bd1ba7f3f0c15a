import Marketplace
import PostgresClient

/// The copy of the users that a schema keeps, in its own table `users`.
struct UserCopies {
    /// The schema.
    let schema: String

    enum Lock { case share, update }

    func select(_ ids: Set<UserID>, lock: Lock) -> SQL {
        let lock: SQL = lock == .share ? "FOR SHARE" : "FOR UPDATE"
        return """
            SELECT id, status, version FROM \(identifier: schema).users
            WHERE id = ANY(\(ids.sorted())) ORDER BY id \(lock)
            """
    }

    /// Writes copies; one that is there with a larger version stays.
    func write(_ users: [UserCopy]) -> SQL? {
        guard !users.isEmpty else { return nil }
        let users = users.sorted { $0.id < $1.id }
        return """
            INSERT INTO \(identifier: schema).users AS copy (id, status, version)
            SELECT * FROM unnest(\(users.map(\.id)), \(users.map(\.status.rawValue)), \(users.map(\.version)))
            ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version
            WHERE copy.version < excluded.version
            """
    }
}
