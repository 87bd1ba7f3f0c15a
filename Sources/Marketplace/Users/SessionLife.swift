/// The lifetime of a session. Access tokens that were signed before its end stay valid until they expire some minutes
/// later.
public struct SessionLife: Hashable, Sendable {
    /// Maximum time since the sign-in, regardless of use (OWASP ASVS 5.0, 7.3.2).
    public var total: Duration
    /// Maximum time between two uses (OWASP ASVS 5.0, 7.3.1). A use is a renewal of the access token.
    public var idle: Duration

    public init(total: Duration, idle: Duration) {
        self.total = total
        self.idle = idle
    }

    /// 30 days, the limit of NIST SP 800-63B-4, section 2.1.3, for sign-in with only a password; 14 days without use.
    public static let member = SessionLife(total: .seconds(30 * 86_400), idle: .seconds(14 * 86_400))
    /// 12 hours; one hour without use.
    public static let admin = SessionLife(total: .seconds(12 * 3_600), idle: .seconds(3_600))

    /// The end of a session that is not used again.
    func end(createdAt: Timestamp, usedAt: Timestamp) -> Timestamp { min(createdAt + total, usedAt + idle) }
}
