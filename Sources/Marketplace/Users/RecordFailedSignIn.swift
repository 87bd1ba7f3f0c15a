/// Adds a wrong password to the security log. It has no reply.
public struct RecordFailedSignIn: CommandPayload {
    public static let isConfidential = true

    public var userId: UserID
    /// The client's address; for IPv6, its network.
    public var address: String
    public var userAgent: String

    public init(userId: UserID, address: String, userAgent: String) {
        self.userId = userId
        self.address = address
        self.userAgent = userAgent
    }
}
