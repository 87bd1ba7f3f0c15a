import Marketplace
import Storage
import Streams
import Testing

@testable import Services

extension ServiceHarness where Handler == UsersHandler {
    /// Creates a harness of the users service with its default rules.
    static func users(redisURL: String? = nil, acceptsUnsigned: Bool = false) async throws -> ServiceHarness {
        try await ServiceHarness(
            UsersHandler(store: UsersStore(rules: UsersRules()), seal: CommandSeal(secrets: ["secret"])),
            redisURL: redisURL, acceptsUnsigned: acceptsUnsigned)
    }
}

extension SignUp {
    /// Creates a sign-up with a new session.
    static func fixture(_ email: String) throws -> SignUp {
        SignUp(
            email: try #require(EmailAddress(email)), passwordHash: "hash",
            session: NewSession(
                id: .new(), tokenHash: try #require(TokenHash(bytes: (0..<32).map { _ in UInt8.random(in: 0...255) })),
                userAgent: ""))
    }
}
