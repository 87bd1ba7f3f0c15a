import Hummingbird
import JSONCoding
import Marketplace
import Passwords
import Services
import Storage

/// Changes the account of the signed-in user: for the JSON API and for the pages.
struct OwnAccount: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let hasher: PasswordHasher
    let signInLimits: SignInLimits
    let guesses: PasswordGuesses
    let addresses: ClientAddress

    /// - Parameter password: the current password.
    func changeEmail(
        to email: EmailAddress, password: String, _ requester: Requester, as command: CommandRequest,
        _ request: Request, _ context: APIContext
    ) async throws -> CommandResponse {
        if let stored = try await gateway.storedResponse(to: command, in: .users) {
            return try stored.representation(email: email)
        }
        let version = try await check(password, of: requester, request, context).version
        // Like the reply to a sign-up, the reply tells whether the new address has an account. So the request counts as
        // a sign-up.
        try await signInLimits.count(.signUp, addresses.of(request, context))
        return try await gateway.send(
            ChangeEmail(userId: requester.id, email: email, userVersion: version), to: .users, as: command
        ).representation(email: email)
    }

    /// Also ends every other session.
    func changePassword(
        from old: String, to new: NewPassword, _ requester: Requester, as command: CommandRequest, _ request: Request,
        _ context: APIContext
    ) async throws -> CommandResponse {
        // The first request changed the password, so the check of a repeated request would fail.
        if let stored = try await gateway.storedResponse(to: command, in: .users) { return stored }
        let user = try await check(old, of: requester, request, context)
        if let email = EmailAddress(user.email), new.isAddress(email) {
            throw Problem.invalid(NewPassword.Fault.isAddress.message, field: "newPassword")
        }
        let change = ChangePassword(
            userId: requester.id, passwordHash: try await hasher.hash(new.text), keep: requester.session,
            userVersion: user.version)
        return try await gateway.send(change, to: .users, as: command)
    }

    func endSession(
        _ id: SessionID, _ requester: Requester, as command: CommandRequest
    ) async throws -> CommandResponse {
        let end = EndOwnSession(userId: requester.id, sessionId: id, requestedBy: requester.session)
        return try await gateway.send(end, to: .users, as: command)
    }

    func endOtherSessions(_ requester: Requester, as command: CommandRequest) async throws -> CommandResponse {
        try await gateway.send(
            EndOtherSessions(userId: requester.id, keep: requester.session), to: .users, as: command)
    }

    /// Checks the password, because a session alone does not prove that its holder knows it. Wrong passwords are
    /// counted per account, separately from those of sign-ins, so that sign-ins by strangers do not lock the owner out.
    ///
    /// - Returns: the user whose password was checked.
    private func check(
        _ password: String, of requester: Requester, _ request: Request, _ context: APIContext
    ) async throws -> UserRepresentation {
        try await signInLimits.count(.signIn, addresses.of(request, context))
        guard let credentials = try await users.credentials(of: requester.id) else { throw Problem.signedOut }
        guard credentials.status == .active else { throw Problem.banned }
        let matches = try await guesses.check(.own(requester.id)) {
            try await hasher.verify(typed: password, against: credentials.passwordHash)
        }
        guard matches else {
            throw Problem(Refusal(.wrongCredentials, "This is not your current password.", field: "password"))
        }
        return credentials.user
    }
}

extension CommandResponse {
    /// Adds the address to the account that the reply contains.
    fileprivate func representation(email: EmailAddress) throws -> CommandResponse {
        guard case .done(let body, let request) = self else { return self }
        let account = try JSONBytes.decode(AccountReply.self, from: body)
        return .done(try JSONBytes.encode(account.representation(email: email)), request)
    }
}
