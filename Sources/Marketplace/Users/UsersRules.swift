/// The limits that the users service applies.
public struct UsersRules: Sendable {
    /// Maximum time between two uses of a session.
    public var sessionLife: Duration
    /// Time after its rotation in which a refresh token may be presented again without ending the session.
    public var refreshGrace: Duration

    public init(sessionLife: Duration = .seconds(30 * 86_400), refreshGrace: Duration = .seconds(10)) {
        self.sessionLife = sessionLife
        self.refreshGrace = refreshGrace
    }
}
