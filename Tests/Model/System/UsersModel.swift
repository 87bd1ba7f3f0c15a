import Marketplace

/// A model of the schema `users`, limited to what other services follow.
struct UsersModel: Hashable {
    private(set) var users: [UserID: User] = [:]

    init(_ ids: [UserID]) {
        for (index, id) in ids.enumerated() {
            guard let email = EmailAddress("user\(index)@example.org") else { continue }
            users[id] = User(
                id: id, email: email, passwordHash: "", role: .member, status: .active, banReason: nil, version: 1,
                createdAt: Fixture.start, updatedAt: Fixture.start)
        }
    }

    func state(of id: UserID) -> UserState? { users[id]?.state }

    /// Executes an operator's command.
    ///
    /// - Returns: The emitted events.
    mutating func administer(_ command: UsersCommand, now: Timestamp) -> [UserState] {
        var state = UsersDecider(users: Array(users.values), sessions: [], tokens: [], rules: UsersRules())
        let head = CommandHead(id: Fixture.id(200), actor: .operator, at: now)
        let decision = state.decide(head, command, now: now)
        for id in state.updatedUsers {
            users[id] = state.users[id]
            users[id]?.updatedAt = Fixture.start
        }
        return decision.events.compactMap { $0.body as? UserState }
    }
}
