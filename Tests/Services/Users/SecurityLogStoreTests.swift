import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

@Suite struct SecurityLogStoreTests {
    private func harness() async throws -> (ServiceHarness<UsersHandler>, UserID) {
        let harness = try await ServiceHarness<UsersHandler>.users()
        let id = try await harness.send(SignUp.fixture("fan@example.com"))
        try await harness.drain()
        try await harness.send(BanUser(userId: UserID(id.uuid), reason: "fraud"), actor: .operator)
        try await harness.drain()
        return (harness, UserID(id.uuid))
    }

    @Test func entriesAreStoredWithTheirChanges() async throws {
        let (harness, user) = try await harness()
        let log = try await UserReads(harness.pool).securityLog(of: user, limit: 10)
        #expect(log.map(\.kind) == [.banned, .signUp])
        #expect(log[0].actor == .operator && log[0].reason == "fraud" && log[0].after == "banned")
        #expect(log[1].session != nil && log[1].before == nil)
        #expect(try await UserReads(harness.pool).securityLog(of: user, limit: 1).count == 1)
    }

    @Test func anEntryIsNeverChanged() async throws {
        let (harness, _) = try await harness()
        let error = await #expect(throws: PostgresError.self) {
            try await harness.pool.execute("UPDATE users.security_log SET reason = 'other'")
        }
        #expect("\(String(describing: error))".contains("never changed"))
    }

    @Test func entriesAreDeletedAfterTheirTime() async throws {
        let (harness, _) = try await harness()
        let store = UsersStore(rules: UsersRules())
        let delete = store.securityLogDeletion(after: .seconds(86_400), on: harness.pool)
        #expect(try await delete(.now() + .seconds(86_300), 1) == 0)
        #expect(try await delete(.now() + .seconds(86_500), 1) == 1)
        #expect(try await delete(.now() + .seconds(86_500), 1) == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.security_log") == 0)
    }
}
