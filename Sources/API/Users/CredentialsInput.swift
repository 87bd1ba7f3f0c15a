import Marketplace

/// An e-mail and a password, as sign-up and sign-in take them.
struct CredentialsInput: Sendable {
    let email: EmailAddress
    let password: String

    /// NIST SP 800-63B, section 3.1.1.2: at least 8 characters, and no other rule. The upper bound keeps the hashing
    /// short.
    static let newPasswordBytes = 8...128
    /// What is longer is no password of ours, but no reason to tell more.
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
