/// The limits that the users service applies.
public struct UsersRules: Sendable {
    /// The sessions of members.
    public var memberSession: SessionLife
    /// The sessions of users who may do more than buy and sell.
    public var adminSession: SessionLife
    /// Time after the rotation of a refresh token in which it may be presented again without ending the session.
    public var refreshGrace: Duration

    public init(
        memberSession: SessionLife = .member, adminSession: SessionLife = .admin,
        refreshGrace: Duration = .seconds(10)
    ) {
        self.memberSession = memberSession
        self.adminSession = adminSession
        self.refreshGrace = refreshGrace
    }

    func sessionLife(of role: UserState.Role) -> SessionLife { role == .member ? memberSession : adminSession }
}
