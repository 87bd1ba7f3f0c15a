import Marketplace
import PostgresClient
import Services
import Storage
import Support
import Testing

@testable import Engine
@testable import Services

@Suite struct SessionPruningTests {
    @Test func sessionsAreDeletedADayAfterTheyExpire() async throws {
        let store = UsersStore(rules: UsersRules(sessionLife: .seconds(3600)))
        let harness = try await ServiceHarness(UsersHandler(store: store))
        let session = NewSession(
            id: .new(), tokenHash: try #require(TokenHash(bytes: Array(repeating: 1, count: 32))), userAgent: "")
        try await harness.send(
            SignUp(email: try #require(EmailAddress("a@example.com")), passwordHash: "hash", session: session))
        try await harness.drain()

        let pruning = SessionPruning(store: store, pool: harness.pool, logger: ServiceHarness<UsersHandler>.logger)
        #expect(try await pruning.prune(at: .now() + .seconds(86_400)) == 0)
        #expect(try await pruning.prune(at: .now() + .seconds(86_400 + 3700)) == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.refresh_tokens") == 0)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
    }
}
