import Marketplace

/// The body of a sign-up or a sign-in.
struct CredentialsInput: Sendable {
    let email: EmailAddress
    let password: String

    /// Length of a new password. NIST SP 800-63B, section 3.1.1.2: at least 8 characters, and no other rule. The upper
    /// bound limits the time of hashing.
    static let newPasswordBytes = 8...128
    /// Length of a password to check. A password beyond the limit of new ones is just wrong.
    static let anyPasswordBytes = 1...1024

    init(email: EmailAddress, password: String) {
        self.email = email
        self.password = password
    }

    init(_ body: [UInt8], passwordBytes: ClosedRange<Int>) throws(Problem) {
        var fields = try JSONFields(body)
        let email = fields.email("email")
        let password = fields.secret("password", bytes: passwordBytes)
        guard fields.finish(), let email, let password else { throw fields.problem }
        self.email = email
        self.password = password
    }
}
