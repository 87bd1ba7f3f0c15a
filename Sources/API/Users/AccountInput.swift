import Marketplace

/// The body of `PUT /api/users/me/email`.
struct EmailChangeInput: Sendable {
    let email: EmailAddress
    /// The current password.
    let password: String

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let email = fields.email("email")
        let password = fields.secret("password", bytes: CredentialsInput.anyPasswordBytes)
        guard fields.finish(), let email, let password else { throw fields.problem }
        self.email = email
        self.password = password
    }
}

/// The body of `PUT /api/users/me/password`.
struct PasswordChangeInput: Sendable {
    /// The current password.
    let password: String
    let newPassword: NewPassword

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let password = fields.secret("password", bytes: CredentialsInput.anyPasswordBytes)
        let newPassword = fields.newPassword("newPassword", email: nil)
        guard fields.finish(), let password, let newPassword else { throw fields.problem }
        self.password = password
        self.newPassword = newPassword
    }
}
