import Marketplace
import Storage
import Testing

@testable import Workers

extension Rig where Handler == UsersHandler {
    /// The users service, by its usual rules.
    static func users(redisURL: String? = nil) async throws -> Rig {
        try await Rig(UsersHandler(store: UsersStore(rules: UsersRules())), redisURL: redisURL)
    }
}

extension SignUp {
    /// A sign-up with a session of its own.
    static func fixture(_ email: String) throws -> SignUp {
        SignUp(
            email: try #require(EmailAddress(email)), passwordHash: "hash",
            session: NewSession(
                id: .new(), tokenHash: try #require(TokenHash(bytes: (0..<32).map { _ in UInt8.random(in: 0...255) })),
                userAgent: ""))
    }
}
