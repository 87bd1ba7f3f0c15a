/// The users service's unit of work: holds a batch's loaded users, sessions and tokens, decides messages, and records
/// the changes.
///
/// The changes are written in this order: updated users before inserted users (an inserted user may take an address
/// that was given up in the same batch), then ``endings``, then sessions and tokens. Inserted rows are not listed as
/// updated.
public struct UsersDecider: Sendable {
    public private(set) var users: [UserID: User] = [:]
    public private(set) var sessions: [SessionID: Session] = [:]
    public private(set) var tokens: [TokenHash: RefreshToken] = [:]
    private var idByEmail: [EmailAddress: UserID] = [:]
    private let rules: UsersRules

    public private(set) var insertedUsers: [UserID] = []
    public private(set) var insertedSessions: [SessionID] = []
    public private(set) var insertedTokens: [TokenHash] = []
    /// For each user, the end of all stored sessions that were not loaded. Loaded sessions are ended one by one.
    public private(set) var endings: [UserID: Session.End] = [:]

    /// The entries of the security log, in order.
    public private(set) var securityEntries: [SecurityEntry] = []

    private var modifiedUsers: Set<UserID> = []
    private var modifiedSessions: Set<SessionID> = []
    private var modifiedTokens: Set<TokenHash> = []

    public var updatedUsers: Set<UserID> { modifiedUsers.subtracting(insertedUsers) }
    public var updatedSessions: Set<SessionID> { modifiedSessions.subtracting(insertedSessions) }
    public var rotatedTokens: Set<TokenHash> { modifiedTokens.subtracting(insertedTokens) }

    /// - Parameters:
    ///   - users: The actors, the users that a message refers to by id, e-mail address or session, and any user with
    ///     the id of a ``SignUp``.
    ///   - sessions: The sessions of the tokens, and the sessions that a message refers to by id.
    ///   - tokens: The tokens that the messages present.
    public init(users: [User], sessions: [Session], tokens: [RefreshToken], rules: UsersRules) {
        self.rules = rules
        for user in users {
            self.users[user.id] = user
            idByEmail[user.email] = user.id
        }
        for session in sessions { self.sessions[session.id] = session }
        for token in tokens { self.tokens[token.hash] = token }
    }

    public mutating func decide(_ head: CommandHead, _ command: UsersCommand, now: Timestamp) -> Decision {
        switch command {
        case .signUp(let command): signUp(head, command, now: now)
        case .startSession(let command): startSession(head, command, now: now)
        case .rotateSession(let command): rotateSession(head, command, now: now)
        case .endSession(let command): endSession(head, command, now: now)
        case .endOwnSession(let command): endOwnSession(head, command, now: now)
        case .endOtherSessions(let command): endOtherSessions(head, command, now: now)
        case .changeEmail(let command): changeEmail(head, command, now: now)
        case .changePassword(let command): changePassword(head, command, now: now)
        case .banUser(let command): ban(head, command, now: now)
        case .unbanUser(let command): unban(head, command, now: now)
        case .changeRole(let command): changeRole(head, command, now: now)
        case .recordFailedSignIn(let command): recordFailedSignIn(head, command, now: now)
        }
    }
}

// MARK: - Accounts

extension UsersDecider {
    private mutating func signUp(_ head: CommandHead, _ command: SignUp, now: Timestamp) -> Decision {
        guard users[UserID(head.id.uuid)] == nil else {
            return .refused(.keyReused, "This Idempotency-Key has already created an account. Use a new one.")
        }
        guard idByEmail[command.email] == nil else {
            return .refused(
                .emailTaken, "This e-mail address already has an account. Sign in, or use another address.",
                field: "email")
        }
        let user = User(
            id: UserID(head.id.uuid), email: command.email, passwordHash: command.passwordHash, role: .member,
            status: .active, banReason: nil, version: 1, createdAt: now, updatedAt: now)
        guard insert(command.session, of: user, now: now) else { return .refused(.sessionExists) }
        users[user.id] = user
        idByEmail[user.email] = user.id
        insertedUsers.append(user.id)
        record(.signUp, head, user.id, command.session, now: now)
        return .reply(
            SessionStarted(
                user: user.reply, sessionId: command.session.id, tokenHash: command.session.tokenHash),
            events: [user.state.announcement])
    }

    /// A new address increments the version, like any change. A change to the current address has no effect.
    private mutating func changeEmail(_ head: CommandHead, _ command: ChangeEmail, now: Timestamp) -> Decision {
        switch account(command.userId, of: head) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let user) where user.email == command.email: return .reply(user.reply)
        case .success(let user) where user.version != command.userVersion ?? user.version:
            return .refused(.accountChanged)
        case .success(var user):
            guard idByEmail[command.email] == nil else {
                return .refused(
                    .emailTaken, "This e-mail address already has an account. Use another address.", field: "email")
            }
            idByEmail[user.email] = nil
            record(
                .emailChanged, head, user.id, before: user.email.text, after: command.email.text, now: now)
            user.email = command.email
            idByEmail[user.email] = user.id
            return update(user, now: now)
        }
    }

    /// Ends all other sessions, because someone else may know the old password.
    private mutating func changePassword(_ head: CommandHead, _ command: ChangePassword, now: Timestamp) -> Decision {
        switch account(command.userId, of: head) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let user) where user.version != command.userVersion ?? user.version:
            return .refused(.accountChanged)
        case .success(var user):
            guard isActive(command.keep, of: user.id, now: now) else { return .refused(.sessionEnded) }
            user.passwordHash = command.passwordHash
            endAll(of: user.id, .passwordChanged, keeping: command.keep, now: now)
            record(.passwordChanged, head, user.id, session: command.keep, now: now)
            return update(user, now: now)
        }
    }

    /// The actor's own account. Only the actor may change it.
    private func account(_ id: UserID, of head: CommandHead) -> Result<User, Refusal> {
        guard head.actor == .user(id) else {
            return .failure(Refusal(.forbidden, "This account belongs to another user."))
        }
        guard let user = users[id] else { return .failure(.userNotFound) }
        guard user.status == .active else { return .failure(.banned) }
        return .success(user)
    }

    private mutating func update(_ user: User, now: Timestamp) -> Decision {
        var user = user
        user.version += 1
        user.updatedAt = now
        users[user.id] = user
        modifiedUsers.insert(user.id)
        return .reply(user.reply, events: [user.state.announcement])
    }

    private mutating func ban(_ head: CommandHead, _ command: BanUser, now: Timestamp) -> Decision {
        changeAsAdmin(
            head, command.userId, .banned, reason: command.reason, reserved: Self.isAdmin, now: now
        ) { user, state in
            if command.freezesOrders == true { user.ordersFrozen = true }
            guard user.status != .banned else { return }
            user.status = .banned
            user.banReason = command.reason
            state.endAll(of: user.id, .banned, now: now)
        }
    }

    private mutating func unban(_ head: CommandHead, _ command: UnbanUser, now: Timestamp) -> Decision {
        changeAsAdmin(head, command.userId, .unbanned, reserved: Self.isAdmin, now: now) { user, _ in
            if command.unfreezesOrders == true {
                user.ordersFrozen = false
            } else if user.status == .banned {
                // Frozen orders stay frozen until an admin releases them. A later ban does not freeze orders unless
                // requested.
                user.ordersFrozen = nil
            }
            user.status = .active
            user.banReason = nil
        }
    }

    private mutating func changeRole(_ head: CommandHead, _ command: ChangeRole, now: Timestamp) -> Decision {
        changeAsAdmin(head, command.userId, .roleChanged, reserved: { _ in true }, now: now) { user, _ in
            user.role = command.role
        }
    }

    private static func isAdmin(_ user: User) -> Bool { user.role != .member }

    /// Applies a change that only the operator and admins may make. Admins may not apply it to their own accounts.
    ///
    /// A change without effect increments no version and emits no event.
    ///
    /// - Parameter reserved: Returns true for an account that only the operator may change in this way, so that a
    ///   stolen admin session can't remove admins or make new ones.
    private mutating func changeAsAdmin(
        _ head: CommandHead, _ id: UserID, _ kind: SecurityEntry.Kind, reason: String? = nil,
        reserved: (User) -> Bool, now: Timestamp,
        _ change: (inout User, inout UsersDecider) -> Void
    ) -> Decision {
        guard mayAdminister(head.actor) else {
            return .refused(.forbidden, "Only an admin may do this.")
        }
        guard head.actor != .user(id) else {
            return .refused(.conflict, "You can't do this to your own account. Ask the operator.")
        }
        guard var user = users[id] else { return .refused(.userNotFound) }
        guard head.actor == .operator || !reserved(user) else {
            return .refused(
                .forbidden, "Only the operator may do this to an admin, with the command gittix users.")
        }
        let before = user
        change(&user, &self)
        guard user != before else { return .reply(user.state) }
        user.version += 1
        user.updatedAt = now
        users[id] = user
        modifiedUsers.insert(id)
        let isRole = kind == .roleChanged
        record(
            kind, head, id, before: isRole ? before.role.rawValue : before.status.rawValue,
            after: isRole ? user.role.rawValue : user.status.rawValue, reason: reason, now: now)
        return .reply(user.state, events: [user.state.announcement])
    }

    private func mayAdminister(_ actor: Actor) -> Bool {
        switch actor {
        case .operator: true
        case .user(let id): users[id].map { $0.role == .admin && $0.status == .active } ?? false
        case .nobody, .stripe: false
        }
    }
}

// MARK: - Sessions

extension UsersDecider {
    private mutating func startSession(_ head: CommandHead, _ command: StartSession, now: Timestamp) -> Decision {
        guard let user = users[command.userId] else { return .refused(.userNotFound) }
        guard user.status == .active else { return .refused(.banned) }
        guard user.version == command.userVersion ?? user.version else {
            return .refused(.wrongCredentials, "Your account has just changed. Sign in again.")
        }
        guard insert(command.session, of: user, now: now) else { return .refused(.sessionExists) }
        record(.signIn, head, user.id, command.session, now: now)
        return .reply(
            SessionStarted(
                user: user.reply, sessionId: command.session.id, tokenHash: command.session.tokenHash))
    }

    /// Rotates a token once.
    ///
    /// A token that is presented again within the grace period is a repeat (two tabs, a lost response), and changes
    /// nothing. A token that is presented later counts as stolen, and its session ends.
    private mutating func rotateSession(_ head: CommandHead, _ command: RotateSession, now: Timestamp) -> Decision {
        guard var token = tokens[command.presented], var session = sessions[token.sessionId],
            let user = users[session.userId], isActive(session.id, of: user.id, now: now)
        else { return .refused(.sessionEnded) }
        guard user.status == .active else { return .refused(.banned) }

        if let rotatedAt = token.rotatedAt {
            guard now < rotatedAt + rules.refreshGrace else {
                end(session.id, .tokenReused, now: now)
                record(.tokenReused, head, user.id, session: session.id, now: now)
                return .refused(.sessionEnded)
            }
            return .reply(SessionRotation(outcome: .alreadyRotated, sessionId: session.id, user: user.reply))
        }
        guard tokens[command.next] == nil else { return .refused(.sessionExists) }
        token.rotatedAt = now
        tokens[token.hash] = token
        modifiedTokens.insert(token.hash)
        session.usedAt = now
        session.expiresAt = rules.sessionLife(of: user.role).end(createdAt: session.createdAt, usedAt: now)
        sessions[session.id] = session
        modifiedSessions.insert(session.id)
        insert(RefreshToken(hash: command.next, sessionId: session.id, issuedAt: now, rotatedAt: nil))
        return .reply(SessionRotation(outcome: .rotated, sessionId: session.id, user: user.reply))
    }

    private mutating func endSession(_ head: CommandHead, _ command: EndSession, now: Timestamp) -> Decision {
        if let token = tokens[command.presented], let session = sessions[token.sessionId], session.ended == nil {
            end(session.id, .signedOut, now: now)
            record(.signOut, head, session.userId, session: session.id, now: now)
        }
        return .done
    }

    private mutating func endOwnSession(_ head: CommandHead, _ command: EndOwnSession, now: Timestamp) -> Decision {
        guard head.actor == .user(command.userId), let session = sessions[command.sessionId],
            session.userId == command.userId
        else { return .refused(.notFound, "You have no session with this id.") }
        if let requester = command.requestedBy {
            guard isActive(requester, of: command.userId, now: now) else { return .refused(.sessionEnded) }
        }
        guard session.ended == nil else { return .done }
        end(session.id, .signedOut, now: now)
        let isOwn = command.requestedBy == session.id
        record(isOwn ? .signOut : .sessionEnded, head, session.userId, session: session.id, now: now)
        return .done
    }

    private mutating func endOtherSessions(
        _ head: CommandHead, _ command: EndOtherSessions, now: Timestamp
    ) -> Decision {
        guard head.actor == .user(command.userId), isActive(command.keep, of: command.userId, now: now) else {
            return .refused(.sessionEnded)
        }
        endAll(of: command.userId, .signedOut, keeping: command.keep, now: now)
        record(.otherSessionsEnded, head, command.userId, session: command.keep, now: now)
        return .done
    }

    /// True if the session is active. Its lifetime depends on the user's current role: if a member has become an admin,
    /// the lifetime of an admin's session applies.
    private func isActive(_ id: SessionID, of user: UserID, now: Timestamp) -> Bool {
        guard let session = sessions[id], session.userId == user, session.ended == nil, session.expiresAt > now,
            let role = users[user]?.role
        else { return false }
        return rules.sessionLife(of: role).end(createdAt: session.createdAt, usedAt: session.usedAt) > now
    }

    private mutating func endAll(
        of user: UserID, _ reason: Session.End.Reason, keeping kept: SessionID? = nil, now: Timestamp
    ) {
        for session in sessions.values where session.userId == user && session.id != kept {
            end(session.id, reason, now: now)
        }
        // A session ends only once, so the first ending in the batch applies to all sessions that are not loaded.
        if endings[user] == nil { endings[user] = Session.End(at: now, reason: reason) }
    }

    /// Inserts a session and its first token.
    ///
    /// - Returns: False if the batch already has this session or token: a violated primary key would fail the whole
    ///   batch.
    private mutating func insert(_ new: NewSession, of user: User, now: Timestamp) -> Bool {
        guard sessions[new.id] == nil, tokens[new.tokenHash] == nil else { return false }
        sessions[new.id] = Session(
            id: new.id, userId: user.id, userAgent: new.userAgent, createdAt: now, usedAt: now,
            expiresAt: rules.sessionLife(of: user.role).end(createdAt: now, usedAt: now), ended: nil)
        insertedSessions.append(new.id)
        insert(RefreshToken(hash: new.tokenHash, sessionId: new.id, issuedAt: now, rotatedAt: nil))
        return true
    }

    private mutating func insert(_ token: RefreshToken) {
        tokens[token.hash] = token
        insertedTokens.append(token.hash)
    }

    private mutating func end(_ id: SessionID, _ reason: Session.End.Reason, now: Timestamp) {
        guard var session = sessions[id], session.ended == nil else { return }
        session.ended = Session.End(at: now, reason: reason)
        sessions[id] = session
        modifiedSessions.insert(id)
    }
}

// MARK: - Security log

extension UsersDecider {
    private mutating func recordFailedSignIn(
        _ head: CommandHead, _ command: RecordFailedSignIn, now: Timestamp
    ) -> Decision {
        guard users[command.userId] != nil else { return .done }
        securityEntries.append(
            SecurityEntry(
                at: now, kind: .signInFailed, actor: head.actor, userId: command.userId, address: command.address,
                userAgent: command.userAgent))
        return .done
    }

    private mutating func record(
        _ kind: SecurityEntry.Kind, _ head: CommandHead, _ user: UserID, _ session: NewSession, now: Timestamp
    ) {
        securityEntries.append(
            SecurityEntry(
                at: now, kind: kind, actor: head.actor, userId: user, session: session.id, address: session.address,
                userAgent: session.userAgent))
    }

    private mutating func record(
        _ kind: SecurityEntry.Kind, _ head: CommandHead, _ user: UserID, session: SessionID? = nil,
        before: String? = nil, after: String? = nil, reason: String? = nil, now: Timestamp
    ) {
        securityEntries.append(
            SecurityEntry(
                at: now, kind: kind, actor: head.actor, userId: user, session: session, before: before, after: after,
                reason: reason))
    }
}
