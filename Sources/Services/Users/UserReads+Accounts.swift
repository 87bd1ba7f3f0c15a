public import Marketplace
import PostgresClient
public import Storage

/// An admin's filter for accounts. An empty filter matches all accounts.
public struct AccountSearch: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case id(UserID)
        case ids(IDPrefix)
        /// The beginning of an address, in lower case like stored addresses.
        case emailPrefix(String)
    }

    public var subject: Subject?
    public var status: UserState.Status?

    public init(subject: Subject? = nil, status: UserState.Status? = nil) {
        self.subject = subject
        self.status = status
    }

    /// Searches for an id if the text is one, otherwise for the beginning of an address.
    public init(text: String?, status: UserState.Status?) {
        self.init(
            subject: text.map { text in UserID(text).map(Subject.id) ?? .emailPrefix(text.lowercased()) },
            status: status)
    }
}

// MARK: - Own account

extension UserReads {
    /// Maximum number of sessions in a list.
    public static let sessionLimit = 100

    /// Returns a user's active sessions: the current one first, the others by last use, newest first.
    public func sessions(
        of user: UserID, current: SessionID, now: Timestamp = .now()
    ) async throws -> [SessionRepresentation] {
        try await pool.query(
            """
            SELECT id, user_agent, created_at, used_at, id = \(current) AS current FROM users.sessions
            WHERE user_id = \(user) AND ended_at IS NULL AND expires_at > \(now)
            ORDER BY (id = \(current)) DESC, used_at DESC, id DESC LIMIT \(Int64(Self.sessionLimit))
            """
        ).map { row in
            SessionRepresentation(
                id: try row.decode("id", as: SessionID.self), userAgent: try row.decode("user_agent", as: String.self),
                createdAt: try row.decode("created_at", as: Timestamp.self),
                usedAt: try row.decode("used_at", as: Timestamp.self),
                current: try row.decode("current", as: Bool.self))
        }
    }

    /// Returns true if the session is one of the user's, active or ended.
    public func hasSession(_ id: SessionID, of user: UserID) async throws -> Bool {
        try await !pool.query("SELECT 1 FROM users.sessions WHERE id = \(id) AND user_id = \(user)").isEmpty
    }

    /// Returns the newest entries of a user's security log, newest first. Leaves out entries of kinds that only a newer
    /// build knows.
    public func securityLog(of user: UserID, limit: Int) async throws -> [SecurityEntry] {
        try await securityLog(SecurityLogFilter(subject: .user(user)), limit: limit).map(\.entry)
    }

    /// Returns a user's credentials, to check the current password.
    public func credentials(of id: UserID) async throws -> Credentials? {
        try await credentials(where: "id = \(id)")
    }
}

// MARK: - For admins

extension UserReads {
    public func account(_ id: UserID, now: Timestamp = .now()) async throws -> AccountRepresentation? {
        try await pool.query("SELECT \(AccountRepresentation.columns(now)) FROM users.users WHERE id = \(id)")
            .map(AccountRepresentation.init(row:)).first
    }

    public func id(of email: EmailAddress) async throws -> UserID? {
        try await pool.query("SELECT id FROM users.users WHERE email = \(email.text)")
            .map { try $0.decode("id", as: UserID.self) }.first
    }

    /// Returns the e-mail addresses of users, by id.
    public func emails(of users: Set<UserID>) async throws -> [UserID: String] {
        let rows = try await pool.query("SELECT id, email FROM users.users WHERE id = ANY(\(users.sorted()))")
            .map { (try $0.decode("id", as: UserID.self), try $0.decode("email", as: String.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Returns matching accounts, newest first.
    public func accounts(
        _ search: AccountSearch, after cursor: ListCursor?, limit: Int, now: Timestamp = .now()
    ) async throws -> [AccountRepresentation] {
        let subject: SQL =
            switch search.subject {
            case nil: ""
            case .id(let id): "AND id = \(id)"
            case .ids(let prefix): "AND id BETWEEN \(prefix.first) AND \(prefix.last)"
            case .emailPrefix(let prefix): "AND email LIKE \(Self.pattern(prefix: prefix))"
            }
        return try await pool.query(
            """
            SELECT \(AccountRepresentation.columns(now)) FROM users.users
            WHERE true \(subject) \(Self.condition(search.status)) \(ListCursor.sql(after: cursor))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(AccountRepresentation.init(row:))
    }

    /// A literal and not a parameter, so that the planner can use the partial index of banned accounts.
    private static func condition(_ status: UserState.Status?) -> SQL {
        switch status {
        case nil: ""
        case .active: "AND status = 'active'"
        case .banned: "AND status = 'banned'"
        }
    }

    /// Returns a LIKE pattern for texts that begin with `prefix`. Its special characters are escaped.
    static func pattern(prefix: String) -> String {
        prefix.unicodeScalars.reduce(into: "") { pattern, scalar in
            if scalar == "%" || scalar == "_" || scalar == "\\" { pattern += "\\" }
            pattern.unicodeScalars.append(scalar)
        } + "%"
    }
}

extension AccountRepresentation {
    static func columns(_ now: Timestamp) -> SQL {
        """
        id, email, role, status, ban_reason, version, created_at, updated_at,
        (SELECT count(*) FROM users.sessions
         WHERE user_id = users.id AND ended_at IS NULL AND expires_at > \(now)) AS sessions
        """
    }

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: UserID.self), email: try row.decode("email", as: String.self),
            role: UserState.Role(rawValue: try row.decode("role", as: String.self)),
            status: try row.known("status", UserState.Status.init),
            banReason: try row.decode("ban_reason", as: String?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self),
            sessions: try row.decode("sessions", as: Int.self))
    }
}
