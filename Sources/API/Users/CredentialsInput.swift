import Marketplace

/// The body of a sign-in.
struct CredentialsInput: Sendable {
    let email: EmailAddress
    let password: String

    /// Length of a password to check. A password that is too short or too long for ``NewPassword`` is checked too, not
    /// refused as invalid.
    static let anyPasswordBytes = 1...1024

    init(email: EmailAddress, password: String) {
        self.email = email
        self.password = password
    }

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let email = fields.email("email")
        let password = fields.secret("password", bytes: Self.anyPasswordBytes)
        guard fields.finish(), let email, let password else { throw fields.problem }
        self.email = email
        self.password = password
    }
}
