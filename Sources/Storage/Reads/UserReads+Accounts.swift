public import Marketplace
import PostgresClient

/// What an admin looks for among the accounts. Nothing set: all of them.
public struct AccountSearch: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case id(UserID)
        /// Lower-cased: what addresses are written in.
        case emailPrefix(String)
    }

    public var subject: Subject?
    public var status: UserState.Status?

    public init(subject: Subject? = nil, status: UserState.Status? = nil) {
        self.subject = subject
        self.status = status
    }

    /// An id when it is written like one, else the beginning of an address.
    public init(text: String?, status: UserState.Status?) {
        self.init(
            subject: text.map { text in UserID(text).map(Subject.id) ?? .emailPrefix(text.lowercased()) },
            status: status)
    }
}

// MARK: - For oneself

extension UserReads {
    /// The most sessions that are told.
    public static let sessionLimit = 100

    /// Where a user is signed in: the one that asks first, then the last used first; those that are over are left out.
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

    /// Whether a session is one of the user's, over or not.
    public func hasSession(_ id: SessionID, of user: UserID) async throws -> Bool {
        try await !pool.query("SELECT 1 FROM users.sessions WHERE id = \(id) AND user_id = \(user)").isEmpty
    }

    /// What the present password is checked against.
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

    /// The e-mail addresses of some users.
    public func emails(of users: Set<UserID>) async throws -> [UserID: String] {
        let rows = try await pool.query("SELECT id, email FROM users.users WHERE id = ANY(\(users.sorted()))")
            .map { (try $0.decode("id", as: UserID.self), try $0.decode("email", as: String.self)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Newest first.
    public func accounts(
        _ search: AccountSearch, after place: ListPlace?, limit: Int, now: Timestamp = .now()
    ) async throws -> [AccountRepresentation] {
        let subject: SQL =
            switch search.subject {
            case nil: ""
            case .id(let id): "AND id = \(id)"
            case .emailPrefix(let prefix): "AND email LIKE \(Self.pattern(prefix: prefix))"
            }
        return try await pool.query(
            """
            SELECT \(AccountRepresentation.columns(now)) FROM users.users
            WHERE true \(subject) \(Self.having(search.status)) \(TicketReads.following(place))
            ORDER BY created_at DESC, id DESC LIMIT \(Int64(limit))
            """
        ).map(AccountRepresentation.init(row:))
    }

    /// A literal, so that the index of the banned is known to fit.
    private static func having(_ status: UserState.Status?) -> SQL {
        switch status {
        case nil: ""
        case .active: "AND status = 'active'"
        case .banned: "AND status = 'banned'"
        }
    }

    /// Matches what begins with the text, of which no character means anything but itself.
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
            role: try row.known("role", UserState.Role.init), status: try row.known("status", UserState.Status.init),
            banReason: try row.decode("ban_reason", as: String?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self),
            sessions: try row.decode("sessions", as: Int.self))
    }
}
