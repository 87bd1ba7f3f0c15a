@testable import Marketplace

extension User {
    static func sample(
        _ id: UInt64, email: String? = nil, role: UserState.Role = .member, status: UserState.Status = .active,
        version: Int64 = 1
    ) -> User {
        User(
            id: .n(id), email: .sample(email ?? "user\(id)"), passwordHash: "$argon2id$v=19$…", role: role,
            status: status, banReason: status == .banned ? "fraud" : nil, version: version, createdAt: Fixture.now,
            updatedAt: Fixture.now)
    }
}

extension EmailAddress {
    /// - Parameter name: Letters and digits.
    static func sample(_ name: String) -> EmailAddress { EmailAddress("\(name)@example.com")! }
}

extension Session {
    static func sample(
        _ id: UInt64, of user: UInt64 = 1, usedAt: Timestamp = Fixture.now,
        expiresAt: Timestamp = Fixture.now + .seconds(3600), ended: End? = nil
    ) -> Session {
        Session(
            id: .n(id), userId: .n(user), userAgent: "Firefox", createdAt: usedAt, usedAt: usedAt, expiresAt: expiresAt,
            ended: ended)
    }
}

extension RefreshToken {
    static func sample(_ hash: UInt8, of session: UInt64, rotatedAt: Timestamp? = nil) -> RefreshToken {
        RefreshToken(hash: .n(hash), sessionId: .n(session), issuedAt: Fixture.now - .seconds(60), rotatedAt: rotatedAt)
    }
}

extension NewSession {
    static func sample(_ id: UInt64, token: UInt8) -> NewSession {
        NewSession(id: .n(id), tokenHash: .n(token), userAgent: "Firefox")
    }
}

extension UsersDecider {
    static func of(_ users: User..., sessions: [Session] = [], tokens: [RefreshToken] = []) -> UsersDecider {
        UsersDecider(users: users, sessions: sessions, tokens: tokens, rules: UsersRules())
    }

    var isUnchanged: Bool {
        insertedUsers.isEmpty && updatedUsers.isEmpty && insertedSessions.isEmpty && updatedSessions.isEmpty
            && insertedTokens.isEmpty
            && rotatedTokens.isEmpty && endings.isEmpty
    }
}
