import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Workers

/// The database's troubles are not the messages' fault: nothing is given up on for them.
@Suite struct OutageTests {
    /// Makes every sign-up fail as the server would.
    private func fail(with sqlState: String, in rig: Rig<UsersHandler>) async throws {
        try await rig.pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    CREATE OR REPLACE FUNCTION users.trouble() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '\(sqlState)'; END $$;
                    CREATE OR REPLACE TRIGGER trouble BEFORE INSERT ON users.users
                    FOR EACH ROW EXECUTE FUNCTION users.trouble();
                    """)
        }
    }

    @Test(arguments: ["53100", "57P01", "58030"])
    func whatIsAwayFailsTheBatchAndBlamesNoMessage(sqlState: String) async throws {
        let rig = try await Rig.users()
        try await fail(with: sqlState, in: rig)
        for index in 0..<3 { try await rig.send(SignUp.fixture("user\(index)@example.com")) }
        let batch = try #require(try await rig.consumer.next())
        await #expect(throws: PostgresError.self) { try await rig.processor.process(batch) }
        try await rig.pool.execute("DROP TRIGGER trouble ON users.users")
        try await rig.handle(batch)
        #expect(try await rig.replies().map(\.outcome) == ["done", "done", "done"])
    }

    /// 57014: statement timeout; 55P03: lock timeout, every time.
    @Test(arguments: ["57014", "55P03"])
    func whatTakesTooLongComesBackUncountedAndTheOthersGoOn(sqlState: String) async throws {
        let rig = try await Rig.users()
        try await fail(with: sqlState, in: rig)
        try await rig.pool.execute(
            """
            CREATE OR REPLACE TRIGGER trouble BEFORE INSERT ON users.users
            FOR EACH ROW WHEN (NEW.email = 'slow@example.com') EXECUTE FUNCTION users.trouble()
            """)
        try await rig.send(SignUp.fixture("slow@example.com"))
        let quick = try await rig.send(SignUp.fixture("quick@example.com"))
        let batch = try #require(try await rig.consumer.next())
        let outcomes = try await rig.processor.process(batch)
        guard case .putOff(let pause, _) = outcomes[0], pause >= .seconds(1) else {
            Issue.record("\(outcomes[0])")
            return
        }
        try await rig.consumer.settle(batch, outcomes)
        #expect(try await rig.replies().map(\.id) == [quick.description])
        #expect(try await rig.dead() == 0)
    }
}
