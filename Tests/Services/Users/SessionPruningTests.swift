import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

@Suite struct SessionPruningTests {
    @Test func sessionsAreDeletedADayAfterTheyExpire() async throws {
        let store = UsersStore(
            rules: UsersRules(memberSession: SessionLife(total: .seconds(3600), idle: .seconds(3600))))
        let harness = try await ServiceHarness(UsersHandler(store: store, seal: CommandSeal(secrets: ["secret"])))
        let session = NewSession(
            id: .new(), tokenHash: try #require(TokenHash(bytes: Array(repeating: 1, count: 32))), userAgent: "")
        try await harness.send(
            SignUp(email: try #require(EmailAddress("a@example.com")), passwordHash: "hash", session: session))
        try await harness.drain()

        let delete = store.sessionDeletion(on: harness.pool)
        #expect(try await delete(.now() + .seconds(86_400), 10) == 0)
        #expect(try await delete(.now() + .seconds(86_400 + 3700), 10) == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.refresh_tokens") == 0)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
    }

    @Test func rotatedTokensAreDeletedAfterTheLifeOfASession() async throws {
        let store = UsersStore(
            rules: UsersRules(
                memberSession: SessionLife(total: .seconds(3600), idle: .seconds(3600)),
                adminSession: SessionLife(total: .seconds(3600), idle: .seconds(3600))))
        let harness = try await ServiceHarness(UsersHandler(store: store, seal: CommandSeal(secrets: ["secret"])))
        let tokens = try (1...3).map { try #require(TokenHash(bytes: Array(repeating: $0, count: 32))) }
        let session = NewSession(id: .new(), tokenHash: tokens[0], userAgent: "")
        try await harness.send(
            SignUp(email: try #require(EmailAddress("a@example.com")), passwordHash: "hash", session: session))
        try await harness.drain()
        for (presented, next) in zip(tokens, tokens.dropFirst()) {
            try await harness.send(RotateSession(presented: presented, next: next))
            try await harness.drain()
        }

        let delete = store.tokenDeletion(on: harness.pool)
        #expect(try await delete(.now() + .seconds(3500), 1) == 0)
        #expect(try await delete(.now() + .seconds(3700), 1) == 1)
        #expect(try await delete(.now() + .seconds(3700), 1) == 1)
        #expect(try await delete(.now() + .seconds(3700), 1) == 0)
        // The current token is left, and the session can be continued.
        #expect(try await harness.number("SELECT count(*) FROM users.refresh_tokens") == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.refresh_tokens WHERE rotated_at IS NULL") == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.sessions WHERE ended_at IS NULL") == 1)
    }
}
