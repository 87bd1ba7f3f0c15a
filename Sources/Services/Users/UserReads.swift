import FoundationEssentials
public import Marketplace
public import PostgresClient
import Storage

/// The API's queries of the schema `users`.
public struct UserReads: Sendable {
    /// A user's stored credentials, to check a sign-in.
    public struct Credentials: Sendable {
        public var user: UserRepresentation
        public var status: UserState.Status
        /// An encoded Argon2id hash.
        public var passwordHash: String
    }

    /// A user's status, and the time at which the user's account last changed.
    public struct BanStatus: Hashable, Sendable {
        public var id: UserID
        public var status: UserState.Status
        public var version: Int64
        public var at: Timestamp
    }

    /// A session that ended before it expired.
    public struct EndedSession: Hashable, Sendable {
        public var id: SessionID
        public var at: Timestamp

        public init(id: SessionID, at: Timestamp) {
            self.id = id
            self.at = at
        }

        /// The position before all sessions that ended at this time or later.
        public static func first(since time: Timestamp) -> EndedSession {
            EndedSession(id: SessionID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))), at: time)
        }
    }

    let pool: PostgresPool

    public init(_ pool: PostgresPool) { self.pool = pool }

    public func user(_ id: UserID) async throws -> UserRepresentation? {
        try await pool.query("SELECT id, email, role, version, created_at FROM users.users WHERE id = \(id)")
            .map(UserRepresentation.init(row:)).first
    }

    public func credentials(of email: EmailAddress) async throws -> Credentials? {
        try await credentials(where: "email = \(email.text)")
    }

    func credentials(where condition: SQL) async throws -> Credentials? {
        try await pool.query(
            """
            SELECT id, email, role, version, created_at, status, password_hash FROM users.users WHERE \(condition)
            """
        ).map { row in
            Credentials(
                user: try UserRepresentation(row: row), status: try row.known("status", UserState.Status.init),
                passwordHash: try row.decode("password_hash", as: String.self))
        }.first
    }

    /// Returns the status of all users banned since a time, and of the users in `others`.
    public func banStatuses(
        bannedSince time: Timestamp, and others: [UserID], deadline: ContinuousClock.Instant? = nil
    ) async throws -> [BanStatus] {
        try await pool.query(
            """
            SELECT id, status, version, updated_at FROM users.users
            WHERE (status = 'banned' AND updated_at >= \(time)) OR id = ANY(\(others.sorted()))
            """, deadline: deadline
        ).map { row in
            BanStatus(
                id: try row.decode("id", as: UserID.self),
                status: try row.known("status", UserState.Status.init),
                version: try row.decode("version", as: Int64.self),
                at: try row.decode("updated_at", as: Timestamp.self))
        }
    }

    /// Returns the sessions that ended after a position, oldest first.
    public func endedSessions(
        after position: EndedSession, limit: Int, deadline: ContinuousClock.Instant? = nil
    ) async throws -> [EndedSession] {
        try await pool.query(
            """
            SELECT id, ended_at FROM users.sessions
            WHERE ended_at IS NOT NULL AND (ended_at, id) > (\(position.at), \(position.id))
            ORDER BY ended_at, id LIMIT \(Int64(limit))
            """, deadline: deadline
        ).map { row in
            EndedSession(
                id: try row.decode("id", as: SessionID.self), at: try row.decode("ended_at", as: Timestamp.self))
        }
    }
}

extension UserRepresentation {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: UserID.self), email: try row.decode("email", as: String.self),
            role: UserState.Role(rawValue: try row.decode("role", as: String.self)),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self))
    }
}
