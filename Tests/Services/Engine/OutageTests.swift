import Foundation
import Marketplace
import PostgresClient
import Storage
import Streams
import Support
import Testing

@testable import Services

/// Tests which failures count as outages of the database, and which count as failures of the message.
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

    @Test(arguments: ["53100", "58030"])
    func aServerThatCannotWorkFailsTheBatchAndNoSingleMessage(sqlState: String) async throws {
        let harness = try await ServiceHarness.users()
        try await fail(with: sqlState, in: harness)
        for index in 0..<3 { try await harness.send(SignUp.fixture("user\(index)@example.com")) }
        let batch = try #require(try await harness.consumer.next())
        await #expect(throws: DatabaseOutage.self) { try await harness.processor.process(batch) }
        try await harness.pool.execute("DROP TRIGGER fail ON users.users")
        try await harness.handle(batch)
        #expect(try await harness.replies().map(\.outcome) == ["done", "done", "done"])
    }

    /// The server closes each connection and accepts no new one.
    @Test func aStoppedServerIsAnOutage() async throws {
        let harness = try await ServiceHarness.users()
        var url = try #require(URLComponents(string: try await TestServers.freshDatabase()))
        let proxy = try await CuttableProxy.start(to: try #require(url.port))
        url.port = proxy.port
        let pool = PostgresPool(
            try PostgresConfiguration(url: try #require(url.string)), size: 2, acquireTimeout: .seconds(1))
        let processor = BatchProcessor(
            handler: harness.processor.handler, pool: pool, storage: harness.processor.storage,
            senders: harness.processor.senders, relay: Wakeup(), logger: ServiceHarness<UsersHandler>.logger,
            clock: harness.clock.now)
        try await harness.send(SignUp.fixture("user@example.com"))
        let batch = try #require(try await harness.consumer.next())
        try await pool.execute("SELECT 1")
        proxy.cut()
        await #expect(throws: DatabaseOutage.self) { try await processor.process(batch) }
        await pool.close()
    }

    /// 57014 is a statement timeout, 55P03 a lock timeout, 25P03 the idle-in-transaction timeout, 57P01 the end of a
    /// session. The server responds during all of them.
    @Test(arguments: ["57014", "55P03", "25P03", "57P01"])
    func aFailureWhileTheServerAnswersCountsAgainstItsMessage(sqlState: String) async throws {
        let harness = try await ServiceHarness.users()
        try await fail(with: sqlState, in: harness)
        try await expectFailureOfSlow(in: harness)
    }

    @Test func aSessionThatIsEndedByItsMessageCountsAgainstIt() async throws {
        let harness = try await ServiceHarness.users()
        try await fail(with: "57014", in: harness)
        try await harness.pool.execute(
            """
            CREATE OR REPLACE FUNCTION users.fail() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$
            """)
        try await expectFailureOfSlow(in: harness)
    }

    /// Runs a batch of two commands, one of which fails.
    private func expectFailureOfSlow(in harness: ServiceHarness<UsersHandler>) async throws {
        try await harness.pool.execute(
            """
            CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON users.users
            FOR EACH ROW WHEN (NEW.email = 'slow@example.com') EXECUTE FUNCTION users.fail()
            """)
        try await harness.send(SignUp.fixture("slow@example.com"))
        let quick = try await harness.send(SignUp.fixture("quick@example.com"))
        let batch = try #require(try await harness.consumer.next())
        let outcomes = try await harness.processor.process(batch)
        guard case .failed = outcomes[0] else {
            Issue.record("\(outcomes[0])")
            return
        }
        try await harness.consumer.settle(batch, outcomes)
        #expect(try await harness.replies().map(\.id) == [quick.description])
        #expect(try await harness.deadLetterCount() == 0)
    }
}
