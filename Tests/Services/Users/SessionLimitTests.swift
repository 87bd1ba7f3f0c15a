import Marketplace
import PostgresClient
import Streams
import Testing

@testable import Services

/// The limit on the open sessions of one account. Without it, an account could have so many sessions that no statement
/// could end them all in time, and the account could not be banned.
@Suite struct SessionLimitTests {
    @Test func aSignInEndsTheSessionsThatWereNotUsedForLongest() async throws {
        let store = UsersStore(rules: UsersRules())
        let harness = try await ServiceHarness(UsersHandler(store: store, seal: CommandSeal(secrets: ["secret"])))
        func session(_ number: UInt8) throws -> NewSession {
            NewSession(
                id: .new(), tokenHash: try #require(TokenHash(bytes: Array(repeating: number, count: 32))),
                userAgent: "")
        }
        let id = try await harness.send(
            SignUp(
                email: try #require(EmailAddress("a@example.com")), passwordHash: "hash", session: try session(1)))
        try await harness.drain()
        // The first session was used most recently, and the others one minute ago, two minutes ago, and so on.
        let count = UsersStore.sessionLimit + 20
        try await harness.pool.execute(
            """
            INSERT INTO users.sessions (id, user_id, user_agent, created_at, used_at, expires_at)
            SELECT gen_random_uuid(), \(UserID(id.uuid)), 'old', now() - interval '1 day',
                now() - number * interval '1 minute', now() + interval '1 day'
            FROM generate_series(1, \(count)) AS number
            """)
        let new = try session(2)
        try await harness.send(StartSession(userId: UserID(id.uuid), session: new))
        try await harness.drain()

        let open = "SELECT count(*) FROM users.sessions WHERE ended_at IS NULL" as SQL
        #expect(try await harness.number(open) == UsersStore.sessionLimit)
        #expect(try await harness.number("\(open) AND id = \(new.id)") == 1)
        #expect(try await harness.number("\(open) AND user_agent = ''") == 2)
        let newest: SQL = "used_at > (SELECT max(used_at) FROM users.sessions WHERE ended_at IS NOT NULL)"
        #expect(try await harness.number("\(open) AND \(newest)") == UsersStore.sessionLimit)
        let ended: SQL = "SELECT count(*) FROM users.sessions WHERE ended_because = 'signed_out'"
        #expect(try await harness.number(ended) == 22)
    }
}
