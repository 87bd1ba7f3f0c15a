import Marketplace

/// The body of a sign-up.
struct SignUpInput: Sendable {
    let email: EmailAddress
    let password: NewPassword

    init(email: EmailAddress, password: NewPassword) {
        self.email = email
        self.password = password
    }

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let email = fields.email("email")
        let password = fields.newPassword("password", email: email)
        guard fields.finish(), let email, let password else { throw fields.problem }
        self.email = email
        self.password = password
    }
}
