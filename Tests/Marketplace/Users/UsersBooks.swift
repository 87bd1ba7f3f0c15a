@testable import Marketplace

/// The schema `users` in memory: loads for a desk and stores of it what the SQL does, and refuses what its keys refuse.
struct UsersBooks: Equatable {
    private(set) var users: [UserID: User] = [:]
    private(set) var sessions: [SessionID: Session] = [:]
    private(set) var tokens: [TokenHash: RefreshToken] = [:]
    private(set) var log = EventLog()

    mutating func run(_ batch: [(CommandHead, UsersCommand)], now: Timestamp) throws -> [Decision] {
        var desk = load(batch)
        let decisions = batch.map { desk.decide($0.0, $0.1, now: now) }
        try store(desk)
        try log.add(decisions.flatMap(\.events))
        return decisions
    }

    private func load(_ batch: [(CommandHead, UsersCommand)]) -> UsersDesk {
        var named = (
            users: Set<UserID>(), emails: Set<EmailAddress>(), tokens: Set<TokenHash>(), sessions: Set<SessionID>()
        )
        for (head, command) in batch {
            if let actor = head.actor.userID { named.users.insert(actor) }
            switch command {
            case .signUp(let command):
                named.emails.insert(command.email)
                named.users.insert(UserID(head.id.uuid))
            case .startSession(let command): named.users.insert(command.userId)
            case .rotateSession(let command): named.tokens.insert(command.presented)
            case .endSession(let command): named.tokens.insert(command.presented)
            case .endOwnSession(let command):
                named.users.insert(command.userId)
                named.sessions.insert(command.sessionId)
            case .endOtherSessions(let command):
                named.users.insert(command.userId)
                named.sessions.insert(command.keep)
            case .changeEmail(let command):
                named.users.insert(command.userId)
                named.emails.insert(command.email)
            case .changePassword(let command):
                named.users.insert(command.userId)
                named.sessions.insert(command.keep)
            case .banUser(let command): named.users.insert(command.userId)
            case .unbanUser(let command): named.users.insert(command.userId)
            case .changeRole(let command): named.users.insert(command.userId)
            }
        }
        let tokens = named.tokens.rows(of: tokens)
        let sessions = named.sessions.union(tokens.map(\.sessionId)).rows(of: sessions)
        named.users.formUnion(sessions.map(\.userId))
        named.users.formUnion(users.values.filter { named.emails.contains($0.email) }.map(\.id))
        return UsersDesk(users: named.users.rows(of: users), sessions: sessions, tokens: tokens, rules: UsersRules())
    }

    private mutating func store(_ desk: UsersDesk) throws {
        for id in desk.changedUsers { try users.update(try known(desk.users[id]), for: id) }
        // The constraint is checked at the end of the statement: addresses may be changed crosswise.
        try hold(Set(users.values.map(\.email)).count == users.count, "two of one address")
        for id in desk.newUsers {
            let user = try known(desk.users[id])
            try hold(!users.values.contains { $0.email == user.email }, "two of \(user.email)")
            try users.insert(user, for: id)
        }
        for (id, end) in desk.endings {
            for session in sessions.values
            where session.userId == id && session.ended == nil && desk.sessions[session.id] == nil {
                sessions[session.id]?.ended = end
            }
        }
        for id in desk.newSessions { try sessions.insert(try known(desk.sessions[id]), for: id) }
        for id in desk.changedSessions { try sessions.update(try known(desk.sessions[id]), for: id) }
        for hash in desk.newTokens { try tokens.insert(try known(desk.tokens[hash]), for: hash) }
        for hash in desk.rotatedTokens { try tokens.update(try known(desk.tokens[hash]), for: hash) }
    }

    private func known<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Broken("changed, but not on the desk") }
        return value
    }

    /// The promises that hold after every batch.
    func check(since before: UsersBooks) throws {
        var current: [SessionID: Int] = [:]
        for token in tokens.values where token.rotatedAt == nil { current[token.sessionId, default: 0] += 1 }
        for session in sessions.values {
            try hold(current[session.id] == 1, "\(current[session.id] ?? 0) current tokens of \(session)")
            let isBanned = users[session.userId]?.status == .banned
            try hold(!isBanned || session.ended != nil, "a session of someone banned: \(session)")
        }
        for session in before.sessions.values where session.ended != nil {
            try hold(sessions[session.id]?.ended == session.ended, "an end that was taken back: \(session)")
        }
        for token in before.tokens.values where token.rotatedAt != nil {
            try hold(tokens[token.hash] == token, "rotated twice: \(token)")
        }
        for user in users.values {
            try hold(log.versions["\(user.id)"] == user.version, "the version of \(user)")
            try hold((user.status == .banned) == (user.banReason != nil), "the reason of \(user)")
        }
    }
}
