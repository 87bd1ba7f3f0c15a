import Hummingbird
import Marketplace
import Passwords
import Services
import Storage

/// Finds the user with an e-mail address and a password, within ``SignInLimits``.
struct PasswordCheck: Sendable {
    let users: UserReads
    let hasher: PasswordHasher
    let signInLimits: SignInLimits
    let addresses: ClientAddress

    func user(_ request: Request, _ context: APIContext) async throws -> UserRepresentation {
        let input = try CredentialsInput(
            try await request.jsonBody(context), passwordBytes: CredentialsInput.anyPasswordBytes)
        return try await user(of: input, request, context)
    }

    /// An unknown e-mail address and a wrong password give the same response after the same time.
    func user(
        of input: CredentialsInput, _ request: Request, _ context: APIContext
    ) async throws -> UserRepresentation {
        try await signInLimits.count(.signIn, addresses.of(request, context))
        try await signInLimits.count(.accountSignIn, input.email.text)
        let credentials = try await users.credentials(of: input.email)
        let matches = try await hasher.verify(input.password, against: credentials?.passwordHash)
        guard matches, let credentials else {
            throw Problem(Refusal(.wrongCredentials, "The e-mail address or the password is wrong."))
        }
        guard credentials.status == .active else { throw Problem.banned }
        return credentials.user
    }
}
