import Marketplace
import PostgresClient
import Storage
import Support
import Testing

@testable import Workers

@Suite struct SessionPruningTests {
    @Test func sessionsAreForgottenADayAfterTheyHaveRunOut() async throws {
        let store = UsersStore(rules: UsersRules(sessionLife: .seconds(3600)))
        let rig = try await Rig(UsersHandler(store: store))
        let session = NewSession(
            id: .new(), tokenHash: try #require(TokenHash(bytes: Array(repeating: 1, count: 32))), userAgent: "")
        try await rig.send(
            SignUp(email: try #require(EmailAddress("a@example.com")), passwordHash: "hash", session: session))
        try await rig.drain()

        let pruning = SessionPruning(store: store, pool: rig.pool, logger: Rig<UsersHandler>.logger)
        #expect(try await pruning.prune(at: .now() + .seconds(86_400)) == 0)
        #expect(try await pruning.prune(at: .now() + .seconds(86_400 + 3700)) == 1)
        #expect(try await rig.number("SELECT count(*) FROM users.refresh_tokens") == 0)
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 1)
    }
}
