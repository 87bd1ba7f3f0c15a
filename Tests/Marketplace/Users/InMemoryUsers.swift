@testable import Marketplace

/// The schema `users` in memory. It loads and stores the same rows as the SQL, and enforces the keys.
struct InMemoryUsers: Equatable {
    private(set) var users: [UserID: User] = [:]
    private(set) var sessions: [SessionID: Session] = [:]
    private(set) var tokens: [TokenHash: RefreshToken] = [:]
    private(set) var log = EventLog()

    mutating func run(_ batch: [(CommandHead, UsersCommand)], now: Timestamp) throws -> [Decision] {
        var decider = load(batch)
        let decisions = batch.map { decider.decide($0.0, $0.1, now: now) }
        try store(decider)
        try log.add(decisions.flatMap(\.events))
        return decisions
    }

    private func load(_ batch: [(CommandHead, UsersCommand)]) -> UsersDecider {
        var ids = (
            users: Set<UserID>(), emails: Set<EmailAddress>(), tokens: Set<TokenHash>(), sessions: Set<SessionID>()
        )
        for (head, command) in batch {
            if let actor = head.actor.userID { ids.users.insert(actor) }
            switch command {
            case .signUp(let command):
                ids.emails.insert(command.email)
                ids.users.insert(UserID(head.id.uuid))
            case .startSession(let command): ids.users.insert(command.userId)
            case .rotateSession(let command): ids.tokens.insert(command.presented)
            case .endSession(let command): ids.tokens.insert(command.presented)
            case .endOwnSession(let command):
                ids.users.insert(command.userId)
                ids.sessions.insert(command.sessionId)
                if let requester = command.requestedBy { ids.sessions.insert(requester) }
            case .endOtherSessions(let command):
                ids.users.insert(command.userId)
                ids.sessions.insert(command.keep)
            case .changeEmail(let command):
                ids.users.insert(command.userId)
                ids.emails.insert(command.email)
            case .changePassword(let command):
                ids.users.insert(command.userId)
                ids.sessions.insert(command.keep)
            case .banUser(let command): ids.users.insert(command.userId)
            case .unbanUser(let command): ids.users.insert(command.userId)
            case .changeRole(let command): ids.users.insert(command.userId)
            case .recordFailedSignIn(let command): ids.users.insert(command.userId)
            }
        }
        let tokens = ids.tokens.rows(of: tokens)
        let sessions = ids.sessions.union(tokens.map(\.sessionId)).rows(of: sessions)
        ids.users.formUnion(sessions.map(\.userId))
        ids.users.formUnion(users.values.filter { ids.emails.contains($0.email) }.map(\.id))
        return UsersDecider(users: ids.users.rows(of: users), sessions: sessions, tokens: tokens, rules: UsersRules())
    }

    private mutating func store(_ decider: UsersDecider) throws {
        for id in decider.updatedUsers { try users.update(try known(decider.users[id]), for: id) }
        // The constraint is checked at the end of the statement, so addresses may be swapped.
        try ensure(Set(users.values.map(\.email)).count == users.count, "two users with one address")
        for id in decider.insertedUsers {
            let user = try known(decider.users[id])
            try ensure(!users.values.contains { $0.email == user.email }, "two users with \(user.email)")
            try users.insert(user, for: id)
        }
        for (id, end) in decider.endings {
            for session in sessions.values
            where session.userId == id && session.ended == nil && decider.sessions[session.id] == nil {
                sessions[session.id]?.ended = end
            }
        }
        for id in decider.insertedSessions { try sessions.insert(try known(decider.sessions[id]), for: id) }
        for id in decider.updatedSessions { try sessions.update(try known(decider.sessions[id]), for: id) }
        for hash in decider.insertedTokens { try tokens.insert(try known(decider.tokens[hash]), for: hash) }
        for hash in decider.rotatedTokens { try tokens.update(try known(decider.tokens[hash]), for: hash) }
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw BrokenInvariant("changed, but not on the decider") }
        return value
    }

    /// Checks the invariants that hold after every batch.
    func check(since before: InMemoryUsers) throws {
        var current: [SessionID: Int] = [:]
        for token in tokens.values where token.rotatedAt == nil { current[token.sessionId, default: 0] += 1 }
        for session in sessions.values {
            try ensure(current[session.id] == 1, "\(current[session.id] ?? 0) current tokens of \(session)")
            let isBanned = users[session.userId]?.status == .banned
            try ensure(!isBanned || session.ended != nil, "a session of a banned user: \(session)")
        }
        for session in before.sessions.values where session.ended != nil {
            try ensure(sessions[session.id]?.ended == session.ended, "an ended session was revived: \(session)")
        }
        for token in before.tokens.values where token.rotatedAt != nil {
            try ensure(tokens[token.hash] == token, "rotated twice: \(token)")
        }
        for user in users.values {
            try ensure(log.versions["\(user.id)"] == user.version, "the version of \(user)")
            try ensure((user.status == .banned) == (user.banReason != nil), "the reason of \(user)")
        }
    }
}
