import Hummingbird
import Logging
import Marketplace
import Passwords
import Services
import Storage

/// Finds the user with an e-mail address and a password, within ``SignInLimits`` and ``PasswordGuesses``.
struct PasswordCheck: Sendable {
    let gateway: CommandGateway
    let users: UserReads
    let hasher: PasswordHasher
    let signInLimits: SignInLimits
    let guesses: PasswordGuesses
    let devices: DeviceCookies
    let addresses: ClientAddress

    func user(
        _ request: Request, _ context: APIContext
    ) async throws -> (user: UserRepresentation, email: EmailAddress) {
        let input = try CredentialsInput(try await request.jsonBody(context))
        return (try await user(of: input, request, context), input.email)
    }

    /// An unknown e-mail address and a wrong password give the same response after the same time.
    func user(
        of input: CredentialsInput, _ request: Request, _ context: APIContext
    ) async throws -> UserRepresentation {
        let address = addresses.of(request, context)
        try await signInLimits.count(.signIn, address)
        let credentials = try await users.credentials(of: input.email)
        let device = credentials.flatMap { devices.device(of: request, for: $0.user.id) }
        let matches = try await guesses.check(
            device.map { .device($0, input.email) } ?? .account(input.email)
        ) {
            try await hasher.verify(typed: input.password, against: credentials?.passwordHash)
        }
        guard matches, let credentials else {
            recordFailure(of: credentials?.user.id, address, request, context)
            throw Problem(Refusal(.wrongCredentials, "The e-mail address or the password is wrong."))
        }
        guard credentials.status == .active else { throw Problem.banned }
        return credentials.user
    }

    /// Logs a failed sign-in, and starts a task that adds it to the security log of the account, if the account exists.
    /// The response does not wait for the task, because a slower response would show that the account exists.
    /// ``SignInLimits`` and ``PasswordGuesses`` limit the number of these tasks.
    private func recordFailure(of user: UserID?, _ address: String, _ request: Request, _ context: APIContext) {
        context.logger.notice(
            "Wrong password", metadata: ["user": "\(user?.description ?? "unknown")", "address": "\(address)"])
        guard let user else { return }
        let record = RecordFailedSignIn(
            userId: user, address: address, userAgent: SessionStart.userAgent(request))
        var preference = Preference(waitSeconds: 0)
        preference.respondAsync = true
        let command = CommandRequest(id: .new(), actor: .nobody, trace: context.trace, preference: preference)
        let logger = context.logger
        Task { [gateway] in
            do {
                _ = try await gateway.send(record, to: .users, as: command)
            } catch {
                logger.warning("Could not record a wrong password", metadata: ["error": "\(error)"])
            }
        }
    }
}
