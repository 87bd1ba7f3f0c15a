public import Marketplace
public import PostgresClient

/// Loads and locks the rows of the schema `users` for a batch, and returns the statements that store the decisions.
public struct UsersStore: Sendable {
    let rules: UsersRules

    public init(rules: UsersRules) { self.rules = rules }

    public func load(
        _ messages: [Message<UsersCommand, Never>], in transaction: PostgresTransaction
    ) async throws -> UsersDecider {
        let ids = ReferencedIDs(messages)
        let (users, sessions) = try await resolve(ids, in: transaction)
        let rows = try await transaction.pipeline([
            """
            SELECT id, email, password_hash, role, status, ban_reason, orders_frozen, version, created_at, updated_at
            FROM users.users WHERE id = ANY(\(users.sorted())) ORDER BY id FOR UPDATE
            """,
            """
            SELECT id, user_id, user_agent, created_at, used_at, expires_at, ended_at, ended_because
            FROM users.sessions WHERE id = ANY(\(sessions.sorted())) ORDER BY id FOR UPDATE
            """,
            """
            SELECT hash, session_id, issued_at, rotated_at
            FROM users.refresh_tokens WHERE hash = ANY(\(ids.tokens.map(\.bytes)))
            """,
        ])
        return UsersDecider(
            users: try rows[0].map(User.init(row:)), sessions: try rows[1].map(Session.init(row:)),
            tokens: try rows[2].map(RefreshToken.init(row:)), rules: rules)
    }

    /// Returns the ids of the users and sessions that a batch refers to by e-mail address, token or session. They
    /// include each session's user, because a change of sessions locks their user first.
    private func resolve(
        _ ids: ReferencedIDs, in transaction: PostgresTransaction
    ) async throws -> (users: Set<UserID>, sessions: Set<SessionID>) {
        var users = ids.users
        var sessions: Set<SessionID> = []
        guard !ids.emails.isEmpty || !ids.tokens.isEmpty || !ids.sessions.isEmpty else {
            return (users, sessions)
        }
        let rows = try await transaction.pipeline([
            "SELECT id FROM users.users WHERE email = ANY(\(ids.emails.map(\.text)))",
            """
            SELECT sessions.id, sessions.user_id
            FROM users.refresh_tokens JOIN users.sessions ON sessions.id = refresh_tokens.session_id
            WHERE refresh_tokens.hash = ANY(\(ids.tokens.map(\.bytes)))
            """,
            "SELECT id, user_id FROM users.sessions WHERE id = ANY(\(ids.sessions.sorted()))",
        ])
        for row in rows[0] { users.insert(try row.decode("id", as: UserID.self)) }
        for row in rows[1...].joined() {
            sessions.insert(try row.decode("id", as: SessionID.self))
            users.insert(try row.decode("user_id", as: UserID.self))
        }
        return (users, sessions)
    }

    /// Deletes sessions that expired before `moment`, with their tokens. Locked sessions are left for the next time.
    ///
    /// - Returns: The number of deleted sessions.
    public func pruneSessions(expiredBefore moment: Timestamp, limit: Int, on pool: PostgresPool) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM users.sessions WHERE id IN (
                SELECT id FROM users.sessions WHERE expires_at < \(moment)
                ORDER BY expires_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            """)
    }

    /// Deletes tokens that were rotated before `moment`. Each session keeps its current token.
    ///
    /// - Returns: The number of deleted tokens.
    public func pruneTokens(rotatedBefore moment: Timestamp, limit: Int, on pool: PostgresPool) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM users.refresh_tokens WHERE hash IN (
                SELECT hash FROM users.refresh_tokens WHERE rotated_at < \(moment)
                ORDER BY rotated_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            """)
    }

    /// Deletes entries of the security log from before `moment`.
    ///
    /// - Returns: The number of deleted entries.
    public func pruneSecurityLog(before moment: Timestamp, limit: Int, on pool: PostgresPool) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM users.security_log WHERE id IN (
                SELECT id FROM users.security_log WHERE at < \(moment)
                ORDER BY at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            """)
    }

    /// Returns the statements that store the decisions, in the order of the locks.
    public func changes(of state: UsersDecider) -> [SQL] {
        var writes: [SQL] = []
        // Updates come first: a new user of the same batch may have an address that another user has given up.
        updateUsers(state, into: &writes)
        insertUsers(state, into: &writes)
        endSessions(state, into: &writes)
        insertSessions(state, into: &writes)
        endExcessSessions(state, into: &writes)
        updateSessions(state, into: &writes)
        insertTokens(state, into: &writes)
        if !state.rotatedTokens.isEmpty {
            let tokens = state.rotatedTokens.compactMap { state.tokens[$0] }
            writes.append(
                """
                UPDATE users.refresh_tokens SET rotated_at = new.rotated_at
                FROM (
                    SELECT
                        unnest(\(tokens.map(\.hash.bytes))), unnest(\(tokens.map(\.rotatedAt)))
                ) AS new (hash, rotated_at)
                WHERE refresh_tokens.hash = new.hash
                """)
        }
        insertSecurityEntries(state, into: &writes)
        return writes
    }

    private func insertUsers(_ state: UsersDecider, into writes: inout [SQL]) {
        let users = state.insertedUsers.compactMap { state.users[$0] }.sorted { $0.id < $1.id }
        guard !users.isEmpty else { return }
        writes.append(
            """
            INSERT INTO users.users
                (id, email, password_hash, role, status, ban_reason, version, created_at, updated_at)
            SELECT
                unnest(\(users.map(\.id))), unnest(\(users.map(\.email.text))),
                unnest(\(users.map(\.passwordHash))), unnest(\(users.map(\.role.rawValue))),
                unnest(\(users.map(\.status.rawValue))), unnest(\(users.map(\.banReason))),
                unnest(\(users.map(\.version))), unnest(\(users.map(\.createdAt))),
                unnest(\(users.map(\.updatedAt)))
            """)
    }

    private func updateUsers(_ state: UsersDecider, into writes: inout [SQL]) {
        let users = state.updatedUsers.subtracting(state.insertedUsers).sorted().compactMap { state.users[$0] }
        guard !users.isEmpty else { return }
        writes.append(
            """
            UPDATE users.users SET email = new.email, password_hash = new.password_hash, role = new.role,
                status = new.status, ban_reason = new.ban_reason, orders_frozen = new.orders_frozen,
                version = new.version, updated_at = new.updated_at
            FROM (
                SELECT
                    unnest(\(users.map(\.id))), unnest(\(users.map(\.email.text))),
                    unnest(\(users.map(\.passwordHash))), unnest(\(users.map(\.role.rawValue))),
                    unnest(\(users.map(\.status.rawValue))), unnest(\(users.map(\.banReason))),
                    unnest(\(users.map(\.ordersFrozen))), unnest(\(users.map(\.version))),
                    unnest(\(users.map(\.updatedAt)))
            ) AS new (id, email, password_hash, role, status, ban_reason, orders_frozen, version, updated_at)
            WHERE users.id = new.id
            """)
    }

    private func insertSessions(_ state: UsersDecider, into writes: inout [SQL]) {
        let sessions = state.insertedSessions.sorted().compactMap { state.sessions[$0] }
        guard !sessions.isEmpty else { return }
        writes.append(
            """
            INSERT INTO users.sessions
                (id, user_id, user_agent, created_at, used_at, expires_at, ended_at, ended_because)
            SELECT
                unnest(\(sessions.map(\.id))), unnest(\(sessions.map(\.userId))),
                unnest(\(sessions.map(\.userAgent))), unnest(\(sessions.map(\.createdAt))),
                unnest(\(sessions.map(\.usedAt))), unnest(\(sessions.map(\.expiresAt))),
                unnest(\(sessions.map(\.ended?.at))), unnest(\(sessions.map(\.ended?.reason.rawValue)))
            """)
    }

    /// Maximum number of open sessions of a user. It is bounded because a password change or a ban ends all of them in
    /// one statement.
    static let sessionLimit = 100
    /// Maximum number of sessions that a sign-in ends. An account of an earlier build may have many more.
    private static let excessLimit = 1000

    /// Ends the least recently used sessions of users who signed in and have too many.
    private func endExcessSessions(_ state: UsersDecider, into writes: inout [SQL]) {
        let started = state.insertedSessions.compactMap { state.sessions[$0] }.filter {
            $0.ended == nil && !state.insertedUsers.contains($0.userId)
        }
        guard let now = started.map(\.createdAt).max() else { return }
        writes.append(
            """
            UPDATE users.sessions SET ended_at = \(now), ended_because = \(Session.End.Reason.signedOut.rawValue)
            FROM (
                SELECT old.id FROM unnest(\(Set(started.map(\.userId)).sorted())) AS owner (id)
                CROSS JOIN LATERAL (
                    SELECT id FROM users.sessions WHERE user_id = owner.id AND ended_at IS NULL
                    ORDER BY used_at DESC, id DESC OFFSET \(Self.sessionLimit) LIMIT \(Self.excessLimit)
                ) AS old
            ) AS excess
            WHERE sessions.id = excess.id
            """)
    }

    private func updateSessions(_ state: UsersDecider, into writes: inout [SQL]) {
        let sessions = state.updatedSessions.subtracting(state.insertedSessions).sorted().compactMap {
            state.sessions[$0]
        }
        if !sessions.isEmpty {
            writes.append(
                """
                UPDATE users.sessions SET used_at = new.used_at, expires_at = new.expires_at,
                    ended_at = new.ended_at, ended_because = new.ended_because
                FROM (
                    SELECT
                        unnest(\(sessions.map(\.id))), unnest(\(sessions.map(\.usedAt))),
                        unnest(\(sessions.map(\.expiresAt))), unnest(\(sessions.map(\.ended?.at))),
                        unnest(\(sessions.map(\.ended?.reason.rawValue)))
                ) AS new (id, used_at, expires_at, ended_at, ended_because)
                WHERE sessions.id = new.id
                """)
        }
    }

    /// Ends stored sessions that the batch did not load, before new ones are inserted.
    private func endSessions(_ state: UsersDecider, into writes: inout [SQL]) {
        let endings = state.endings.sorted { $0.key < $1.key }
        guard !endings.isEmpty else { return }
        writes.append(
            """
            UPDATE users.sessions SET ended_at = new.at, ended_because = new.because
            FROM (
                SELECT
                    unnest(\(endings.map(\.key))), unnest(\(endings.map(\.value.at))),
                    unnest(\(endings.map(\.value.reason.rawValue)))
            ) AS new (user_id, at, because)
            WHERE sessions.user_id = new.user_id AND sessions.ended_at IS NULL
                AND sessions.id <> ALL(\(state.sessions.keys.sorted()))
            """)
    }

    private func insertSecurityEntries(_ state: UsersDecider, into writes: inout [SQL]) {
        let entries = state.securityEntries
        guard !entries.isEmpty else { return }
        writes.append(
            """
            INSERT INTO users.security_log
                (at, kind, actor, user_id, session_id, address, user_agent, before, after, reason)
            SELECT
                unnest(\(entries.map(\.at))), unnest(\(entries.map(\.kind.rawValue))),
                unnest(\(entries.map(\.actor.text))), unnest(\(entries.map(\.userId))),
                unnest(\(entries.map(\.session))), unnest(\(entries.map(\.address))),
                unnest(\(entries.map(\.userAgent))), unnest(\(entries.map(\.before))),
                unnest(\(entries.map(\.after))), unnest(\(entries.map(\.reason)))
            """)
    }

    private func insertTokens(_ state: UsersDecider, into writes: inout [SQL]) {
        let tokens = state.insertedTokens.compactMap { state.tokens[$0] }
        guard !tokens.isEmpty else { return }
        writes.append(
            """
            INSERT INTO users.refresh_tokens (hash, session_id, issued_at, rotated_at)
            SELECT
                unnest(\(tokens.map(\.hash.bytes))), unnest(\(tokens.map(\.sessionId))),
                unnest(\(tokens.map(\.issuedAt))), unnest(\(tokens.map(\.rotatedAt)))
            """)
    }
}

/// The ids, addresses and tokens that the messages of a batch refer to.
private struct ReferencedIDs {
    var users: Set<UserID> = []
    var emails: [EmailAddress] = []
    var tokens: [TokenHash] = []
    var sessions: Set<SessionID> = []

    init(_ messages: [Message<UsersCommand, Never>]) {
        for case .command(let head, let command) in messages {
            switch command {
            case .signUp(let command):
                emails.append(command.email)
                // If an idempotency key is used again after its inbox row was dropped, the id is the same.
                users.insert(UserID(head.id.uuid))
            case .startSession(let command): users.insert(command.userId)
            case .rotateSession(let command): tokens.append(command.presented)
            case .endSession(let command): tokens.append(command.presented)
            case .endOwnSession(let command):
                users.insert(command.userId)
                sessions.insert(command.sessionId)
                if let requester = command.requestedBy { sessions.insert(requester) }
            case .endOtherSessions(let command):
                users.insert(command.userId)
                sessions.insert(command.keep)
            case .changeEmail(let command):
                users.insert(command.userId)
                emails.append(command.email)
            case .changePassword(let command):
                users.insert(command.userId)
                sessions.insert(command.keep)
            case .banUser(let command): users.insert(command.userId)
            case .unbanUser(let command): users.insert(command.userId)
            case .changeRole(let command): users.insert(command.userId)
            case .recordFailedSignIn(let command): users.insert(command.userId)
            }
            if let actor = head.actor.userID { users.insert(actor) }
        }
    }
}
