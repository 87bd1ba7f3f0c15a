/// The limits that the users service decides by.
public struct UsersRules: Sendable {
    /// How long a session lives without being used.
    public var sessionLife: Duration
    /// How long after its rotation a refresh token may be shown again without ending the session.
    public var refreshGrace: Duration

    public init(sessionLife: Duration = .seconds(30 * 86_400), refreshGrace: Duration = .seconds(10)) {
        self.sessionLife = sessionLife
        self.refreshGrace = refreshGrace
    }
}
