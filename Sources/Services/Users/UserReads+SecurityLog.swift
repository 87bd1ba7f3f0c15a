public import Marketplace
import PostgresClient
import Storage

/// An admin's filter for the security log. An empty filter matches all entries.
public struct SecurityLogFilter: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case user(UserID)
        /// A client's address, as it is stored: for IPv6, the network.
        case address(String)
    }

    public var subject: Subject?
    public var kind: SecurityEntry.Kind?

    public init(subject: Subject? = nil, kind: SecurityEntry.Kind? = nil) {
        self.subject = subject
        self.kind = kind
    }
}

/// A stored entry of the security log.
public struct SecurityLogRow: Hashable, Sendable {
    /// Increases with each entry.
    public let id: Int64
    public let entry: SecurityEntry
}

extension UserReads {
    /// Returns the newest entries that match, newest first. Leaves out entries of kinds that only a newer build knows.
    ///
    /// - Parameter id: Only entries before this one, if given.
    public func securityLog(
        _ filter: SecurityLogFilter, before id: Int64? = nil, limit: Int
    ) async throws -> [SecurityLogRow] {
        let subject: SQL =
            switch filter.subject {
            case nil: ""
            case .user(let user): "AND user_id = \(user)"
            case .address(let address): "AND address = \(address)"
            }
        let kind: SQL = filter.kind.map { "AND kind = \($0.rawValue)" } ?? ""
        let position: SQL = id.map { "AND id < \($0)" } ?? ""
        return try await pool.query(
            """
            SELECT id, at, kind, actor, user_id, session_id, address, user_agent, before, after, reason
            FROM users.security_log WHERE true \(subject) \(kind) \(position)
            ORDER BY id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown { row in
            SecurityLogRow(id: try row.decode("id", as: Int64.self), entry: try SecurityEntry(row: row))
        }
    }
}
