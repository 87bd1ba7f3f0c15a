import Hummingbird
import Marketplace
import Passwords
import Storage

/// What people do to their own accounts, by a program or on a page.
struct OwnAccount: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let hasher: PasswordHasher
    let attempts: AttemptLimits
    let addresses: ClientAddress

    /// - Parameter password: the present one.
    func changeEmail(
        to email: EmailAddress, password: String, _ requester: Requester, as command: CommandRequest,
        _ request: Request, _ context: APIContext
    ) async throws -> CommandAnswer {
        if let prior = try await gateway.prior(command, in: .users) { return prior }
        let version = try await check(password, of: requester, request, context)
        return try await gateway.send(
            ChangeEmail(userId: requester.id, email: email, userVersion: version), to: .users, as: command)
    }

    /// Ends every other session too.
    func changePassword(
        from old: String, to new: String, _ requester: Requester, as command: CommandRequest, _ request: Request,
        _ context: APIContext
    ) async throws -> CommandAnswer {
        // A repeat would find the old password changed by the first.
        if let prior = try await gateway.prior(command, in: .users) { return prior }
        let version = try await check(old, of: requester, request, context)
        let change = ChangePassword(
            userId: requester.id, passwordHash: try await hasher.hash(new), keep: requester.session,
            userVersion: version)
        return try await gateway.send(change, to: .users, as: command)
    }

    func endSession(
        _ id: SessionID, _ requester: Requester, as command: CommandRequest
    ) async throws -> CommandAnswer {
        try await gateway.send(EndOwnSession(userId: requester.id, sessionId: id), to: .users, as: command)
    }

    func endOtherSessions(_ requester: Requester, as command: CommandRequest) async throws -> CommandAnswer {
        try await gateway.send(
            EndOtherSessions(userId: requester.id, keep: requester.session), to: .users, as: command)
    }

    /// Whoever has a session is not thereby whoever has the password: it is asked for, and attempts are counted for the
    /// account, apart from those of strangers at sign-in, who could lock its owner out of this otherwise.
    /// - Returns: the version of the user whose password it is.
    private func check(
        _ password: String, of requester: Requester, _ request: Request, _ context: APIContext
    ) async throws -> Int64 {
        try await attempts.count(.signIn, addresses.of(request, context))
        try await attempts.count(.ownPassword, "\(requester.id)")
        guard let credentials = try await users.credentials(of: requester.id) else { throw Problem.signedOut }
        guard credentials.status == .active else { throw Problem.banned }
        guard try await hasher.verify(password, against: credentials.passwordHash) else {
            throw Problem(Refusal(.wrongCredentials, "This is not your present password.", field: "password"))
        }
        return credentials.user.version
    }
}
