/// What the users service knows of a batch's users, and what it has decided to change.
///
/// Loaded from PostgreSQL, folded over the messages, and written back by its changes: users that changed are updated before
/// new ones are inserted (an address that was given up may be taken in the same batch), then ``endings`` come true, then
/// sessions and tokens are inserted and updated. What is new is in none of the sets of what changed.
public struct UsersDesk: Sendable {
    public private(set) var users: [UserID: User] = [:]
    public private(set) var sessions: [SessionID: Session] = [:]
    public private(set) var tokens: [TokenHash: RefreshToken] = [:]
    private var idByEmail: [EmailAddress: UserID] = [:]
    private let rules: UsersRules

    public private(set) var newUsers: [UserID] = []
    public private(set) var newSessions: [SessionID] = []
    public private(set) var newTokens: [TokenHash] = []
    /// How the sessions of these users end that were stored before and are not on the desk. Those on the desk have each
    /// been decided by themselves.
    public private(set) var endings: [UserID: Session.End] = [:]

    private var touchedUsers: Set<UserID> = []
    private var touchedSessions: Set<SessionID> = []
    private var touchedTokens: Set<TokenHash> = []

    public var changedUsers: Set<UserID> { touchedUsers.subtracting(newUsers) }
    public var changedSessions: Set<SessionID> { touchedSessions.subtracting(newSessions) }
    public var rotatedTokens: Set<TokenHash> { touchedTokens.subtracting(newTokens) }

    /// - Parameters:
    ///   - users: those whose id, e-mail address or session a message names, those who act, and any that has the id of a
    ///     ``SignUp``.
    ///   - sessions: those of the tokens, and those whose id a message names.
    ///   - tokens: those that the messages present.
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
        case .startSession(let command): startSession(command, now: now)
        case .rotateSession(let command): rotateSession(command, now: now)
        case .endSession(let command): endSession(command, now: now)
        case .endOwnSession(let command): endOwnSession(head, command, now: now)
        case .endOtherSessions(let command): endOtherSessions(head, command, now: now)
        case .changeEmail(let command): changeEmail(head, command, now: now)
        case .changePassword(let command): changePassword(head, command, now: now)
        case .banUser(let command): ban(head, command, now: now)
        case .unbanUser(let command): unban(head, command, now: now)
        case .changeRole(let command): changeRole(head, command, now: now)
        }
    }
}

// MARK: - Accounts

extension UsersDesk {
    private static let keyReused = "This Idempotency-Key has made an account before. Use a new one."

    private mutating func signUp(_ head: CommandHead, _ command: SignUp, now: Timestamp) -> Decision {
        guard users[UserID(head.id.uuid)] == nil else { return .refused(.keyReused, Self.keyReused) }
        guard idByEmail[command.email] == nil else {
            return .refused(.emailTaken, "This e-mail address is in use. Sign in, or use another.", field: "email")
        }
        let user = User(
            id: UserID(head.id.uuid), email: command.email, passwordHash: command.passwordHash, role: .member,
            status: .active, banReason: nil, version: 1, createdAt: now, updatedAt: now)
        guard begin(command.session, of: user.id, now: now) else { return .refused(.conflict, Self.sessionTaken) }
        users[user.id] = user
        idByEmail[user.email] = user.id
        newUsers.append(user.id)
        return .done(
            SessionStarted(
                user: user.representation, sessionId: command.session.id, tokenHash: command.session.tokenHash),
            events: [user.event(.userCreated)])
    }

    /// A changed address raises the version as any change does. The one that is there already changes nothing.
    private mutating func changeEmail(_ head: CommandHead, _ command: ChangeEmail, now: Timestamp) -> Decision {
        switch account(command.userId, of: head) {
        case .failure(let refusal): return Decision(.refused(refusal))
        case .success(let user) where user.email == command.email: return .done(user.representation)
        case .success(let user) where user.version != command.userVersion ?? user.version:
            return .refused(.conflict, Self.changedMeanwhile)
        case .success(var user):
            guard idByEmail[command.email] == nil else {
                return .refused(.emailTaken, "This e-mail address is in use. Use another.", field: "email")
            }
            idByEmail[user.email] = nil
            user.email = command.email
            idByEmail[user.email] = user.id
            return changed(user, now: now)
        }
    }

    /// Whoever may know the old password is signed out with it, everywhere but here.
    private mutating func changePassword(_ head: CommandHead, _ command: ChangePassword, now: Timestamp) -> Decision {
        switch account(command.userId, of: head) {
        case .failure(let refusal): return Decision(.refused(refusal))
        case .success(let user) where user.version != command.userVersion ?? user.version:
            return .refused(.conflict, Self.changedMeanwhile)
        case .success(var user):
            guard isAlive(command.keep, of: user.id, now: now) else { return .refused(.signedOut, Self.over) }
            user.passwordHash = command.passwordHash
            endAll(of: user.id, .passwordChanged, keeping: command.keep, now: now)
            return changed(user, now: now)
        }
    }

    private static let changedMeanwhile = "Your account was changed meanwhile. Look at it, and try again."

    /// One's own account, to be changed by oneself alone.
    private func account(_ id: UserID, of head: CommandHead) -> Result<User, Refusal> {
        guard head.actor == .user(id) else {
            return .failure(Refusal(.forbidden, "This account is another user's."))
        }
        guard let user = users[id] else { return .failure(Refusal(.notFound, "There is no user with this id.")) }
        guard user.status == .active else { return .failure(Refusal(.banned, "This account is banned.")) }
        return .success(user)
    }

    private mutating func changed(_ user: User, now: Timestamp) -> Decision {
        var user = user
        user.version += 1
        user.updatedAt = now
        users[user.id] = user
        touchedUsers.insert(user.id)
        return .done(user.representation, events: [user.event(.userUpdated)])
    }

    private mutating func ban(_ head: CommandHead, _ command: BanUser, now: Timestamp) -> Decision {
        changeAsAdmin(head, command.userId, now: now) { user, desk in
            guard user.status != .banned else { return }
            user.status = .banned
            user.banReason = command.reason
            desk.endAll(of: user.id, .banned, now: now)
        }
    }

    private mutating func unban(_ head: CommandHead, _ command: UnbanUser, now: Timestamp) -> Decision {
        changeAsAdmin(head, command.userId, now: now) { user, _ in
            user.status = .active
            user.banReason = nil
        }
    }

    private mutating func changeRole(_ head: CommandHead, _ command: ChangeRole, now: Timestamp) -> Decision {
        changeAsAdmin(head, command.userId, now: now) { user, _ in user.role = command.role }
    }

    /// A change that only the operator and admins may make, of anyone but themselves. One that changes nothing raises no
    /// version and tells nobody.
    private mutating func changeAsAdmin(
        _ head: CommandHead, _ id: UserID, now: Timestamp, _ change: (inout User, inout UsersDesk) -> Void
    ) -> Decision {
        guard mayAdminister(head.actor) else {
            return .refused(.forbidden, "Only an admin may do this.")
        }
        guard head.actor != .user(id) else {
            return .refused(.conflict, "You can't do this to your own account. Ask another admin.")
        }
        guard var user = users[id] else { return .refused(.notFound, "There is no user with this id.") }
        let before = user
        change(&user, &self)
        guard user != before else { return .done(user.state) }
        user.version += 1
        user.updatedAt = now
        users[id] = user
        touchedUsers.insert(id)
        return .done(user.state, events: [user.event(.userUpdated)])
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

extension UsersDesk {
    private static let over = "This session is over. Sign in again."
    private static let sessionTaken = "A session or a token like this was begun already. Make a new one."

    private mutating func startSession(_ command: StartSession, now: Timestamp) -> Decision {
        guard let user = users[command.userId] else { return .refused(.notFound, "There is no user with this id.") }
        guard user.status == .active else { return .refused(.banned, "This account is banned.") }
        guard user.version == command.userVersion ?? user.version else {
            return .refused(.wrongCredentials, "Your account was changed a moment ago. Sign in again.")
        }
        guard begin(command.session, of: user.id, now: now) else { return .refused(.conflict, Self.sessionTaken) }
        return .done(
            SessionStarted(
                user: user.representation, sessionId: command.session.id, tokenHash: command.session.tokenHash))
    }

    /// A token is changed for the next one once. Shown again within the grace it is an echo (two tabs, a lost answer)
    /// and nothing happens; shown later it was stolen, here or there, and the whole family ends.
    private mutating func rotateSession(_ command: RotateSession, now: Timestamp) -> Decision {
        guard var token = tokens[command.presented], var session = sessions[token.sessionId],
            let user = users[session.userId], session.ended == nil, session.expiresAt > now
        else { return .refused(.signedOut, Self.over) }
        guard user.status == .active else { return .refused(.banned, "This account is banned.") }

        if let rotatedAt = token.rotatedAt {
            guard now < rotatedAt + rules.refreshGrace else {
                end(session.id, .tokenReused, now: now)
                return .refused(.signedOut, Self.over)
            }
            return .done(SessionRotation(outcome: .alreadyRotated, sessionId: session.id, user: user.representation))
        }
        guard tokens[command.next] == nil else { return .refused(.conflict, Self.sessionTaken) }
        token.rotatedAt = now
        tokens[token.hash] = token
        touchedTokens.insert(token.hash)
        session.usedAt = now
        session.expiresAt = now + rules.sessionLife
        sessions[session.id] = session
        touchedSessions.insert(session.id)
        add(RefreshToken(hash: command.next, sessionId: session.id, issuedAt: now, rotatedAt: nil))
        return .done(SessionRotation(outcome: .rotated, sessionId: session.id, user: user.representation))
    }

    private mutating func endSession(_ command: EndSession, now: Timestamp) -> Decision {
        if let token = tokens[command.presented] { end(token.sessionId, .signedOut, now: now) }
        return .done
    }

    private mutating func endOwnSession(_ head: CommandHead, _ command: EndOwnSession, now: Timestamp) -> Decision {
        guard head.actor == .user(command.userId), let session = sessions[command.sessionId],
            session.userId == command.userId
        else { return .refused(.notFound, "You have no session with this id.") }
        end(session.id, .signedOut, now: now)
        return .done
    }

    private mutating func endOtherSessions(
        _ head: CommandHead, _ command: EndOtherSessions, now: Timestamp
    ) -> Decision {
        guard head.actor == .user(command.userId), isAlive(command.keep, of: command.userId, now: now) else {
            return .refused(.signedOut, Self.over)
        }
        endAll(of: command.userId, .signedOut, keeping: command.keep, now: now)
        return .done
    }

    /// Whether a session may still do what changes sessions: its access token outlives it by some minutes.
    private func isAlive(_ id: SessionID, of user: UserID, now: Timestamp) -> Bool {
        guard let session = sessions[id] else { return false }
        return session.userId == user && session.ended == nil && session.expiresAt > now
    }

    private mutating func endAll(
        of user: UserID, _ reason: Session.End.Reason, keeping kept: SessionID? = nil, now: Timestamp
    ) {
        for session in sessions.values where session.userId == user && session.id != kept {
            end(session.id, reason, now: now)
        }
        // A session ends once: of those that are not on the desk, the first in the batch ends all.
        if endings[user] == nil { endings[user] = Session.End(at: now, reason: reason) }
    }

    /// False where the batch has such a session or token already: the keys of the database would refuse the whole batch.
    private mutating func begin(_ new: NewSession, of user: UserID, now: Timestamp) -> Bool {
        guard sessions[new.id] == nil, tokens[new.tokenHash] == nil else { return false }
        sessions[new.id] = Session(
            id: new.id, userId: user, userAgent: new.userAgent, createdAt: now, usedAt: now,
            expiresAt: now + rules.sessionLife, ended: nil)
        newSessions.append(new.id)
        add(RefreshToken(hash: new.tokenHash, sessionId: new.id, issuedAt: now, rotatedAt: nil))
        return true
    }

    private mutating func add(_ token: RefreshToken) {
        tokens[token.hash] = token
        newTokens.append(token.hash)
    }

    private mutating func end(_ id: SessionID, _ reason: Session.End.Reason, now: Timestamp) {
        guard var session = sessions[id], session.ended == nil else { return }
        session.ended = Session.End(at: now, reason: reason)
        sessions[id] = session
        touchedSessions.insert(id)
    }
}
