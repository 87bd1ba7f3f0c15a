import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Engine
@testable import Services

/// Failures of the database: no message becomes a dead letter because of them.
@Suite struct OutageTests {
    /// Makes every sign-up fail with an error of the server.
    private func fail(with sqlState: String, in harness: ServiceHarness<UsersHandler>) async throws {
        try await harness.pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    CREATE OR REPLACE FUNCTION users.fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'failure' USING ERRCODE = '\(sqlState)'; END $$;
                    CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON users.users
                    FOR EACH ROW EXECUTE FUNCTION users.fail();
                    """)
        }
    }

    @Test(arguments: ["53100", "57P01", "58030"])
    func anOutageFailsTheBatchAndNoSingleMessage(sqlState: String) async throws {
        let harness = try await ServiceHarness.users()
        try await fail(with: sqlState, in: harness)
        for index in 0..<3 { try await harness.send(SignUp.fixture("user\(index)@example.com")) }
        let batch = try #require(try await harness.consumer.next())
        await #expect(throws: PostgresError.self) { try await harness.processor.process(batch) }
        try await harness.pool.execute("DROP TRIGGER fail ON users.users")
        try await harness.handle(batch)
        #expect(try await harness.replies().map(\.outcome) == ["done", "done", "done"])
    }

    /// 57014 is a statement timeout, and 55P03 a lock timeout.
    @Test(arguments: ["57014", "55P03"])
    func aMessageThatTimesOutIsDeferredAndTheOthersSucceed(sqlState: String) async throws {
        let harness = try await ServiceHarness.users()
        try await fail(with: sqlState, in: harness)
        try await harness.pool.execute(
            """
            CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON users.users
            FOR EACH ROW WHEN (NEW.email = 'slow@example.com') EXECUTE FUNCTION users.fail()
            """)
        try await harness.send(SignUp.fixture("slow@example.com"))
        let quick = try await harness.send(SignUp.fixture("quick@example.com"))
        let batch = try #require(try await harness.consumer.next())
        let outcomes = try await harness.processor.process(batch)
        guard case .deferred(let pause, _) = outcomes[0], pause >= .seconds(1) else {
            Issue.record("\(outcomes[0])")
            return
        }
        try await harness.consumer.settle(batch, outcomes)
        #expect(try await harness.replies().map(\.id) == [quick.description])
        #expect(try await harness.deadLetterCount() == 0)
    }
}
