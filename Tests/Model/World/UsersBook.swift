import Marketplace

/// The schema `users`, as far as others hear of it.
struct UsersBook: Hashable {
    private(set) var users: [UserID: User] = [:]

    init(_ ids: [UserID]) {
        for (index, id) in ids.enumerated() {
            guard let email = EmailAddress("user\(index)@example.org") else { continue }
            users[id] = User(
                id: id, email: email, passwordHash: "", role: .member, status: .active, banReason: nil, version: 1,
                createdAt: Cast.start, updatedAt: Cast.start)
        }
    }

    func state(of id: UserID) -> UserState? { users[id]?.state }

    /// An admin bans someone, or lifts it.
    /// - Returns: what is told.
    mutating func administer(_ command: UsersCommand, now: Timestamp) -> [UserState] {
        var desk = UsersDesk(users: Array(users.values), sessions: [], tokens: [], rules: UsersRules())
        let head = CommandHead(id: Cast.id(200), actor: .operator, at: now)
        let decision = desk.decide(head, command, now: now)
        for id in desk.changedUsers {
            users[id] = desk.users[id]
            users[id]?.updatedAt = Cast.start
        }
        return decision.events.compactMap { $0.body as? UserState }
    }
}
