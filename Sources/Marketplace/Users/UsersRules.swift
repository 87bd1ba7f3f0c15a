/// The limits that the users service applies.
public struct UsersRules: Sendable {
    /// Default of ``refreshGrace``, in seconds.
    public static let defaultRefreshGraceSeconds = 10

    /// The sessions of members.
    public var memberSession: SessionLife
    /// The sessions of users who may do more than buy and sell.
    public var adminSession: SessionLife
    /// Time after the rotation of a refresh token in which it may be presented again without ending the session.
    public var refreshGrace: Duration

    public init(
        memberSession: SessionLife = .member, adminSession: SessionLife = .admin,
        refreshGrace: Duration = .seconds(Self.defaultRefreshGraceSeconds)
    ) {
        self.memberSession = memberSession
        self.adminSession = adminSession
        self.refreshGrace = refreshGrace
    }

    func sessionLife(of role: UserState.Role) -> SessionLife { role == .member ? memberSession : adminSession }
}
