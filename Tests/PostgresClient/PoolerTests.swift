import Logging
import PostgresClient
import Support
import Testing

/// Connections through a real PgBouncer.
@Suite("Poolers", .timeLimit(.minutes(2)))
struct PoolerTests {
    private func connect(
        _ bouncer: PgBouncer, _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        var pooled = try PostgresConfiguration(url: bouncer.url(of: TestServers.databaseURL))
        pooled.logger.logLevel = .critical
        change(&pooled)
        return try await PostgresConnection.connect(pooled)
    }

    @Test("A pooler is detected in either mode", arguments: PgBouncer.Mode.allCases)
    func poolerIsDetected(_ mode: PgBouncer.Mode) async throws {
        let bouncer = try await PgBouncer.start(mode, poolSize: 1)
        #expect(try await connect(bouncer).isPooled)
        let direct = try await PostgresConnection.connect(try configuration())
        #expect(!direct.isPooled)
    }

    @Test("Two clients of one session never run each other's statements")
    func statementsAreNotConfused() async throws {
        let bouncer = try await PgBouncer.start(.transaction, poolSize: 1)
        let (one, other) = (try await connect(bouncer), try await connect(bouncer))
        for round in 0..<3 {
            #expect(try await one.query("SELECT 'one', \(round)")[0].decode((String, Int).self) == ("one", round))
            #expect(try await other.query("SELECT 'other', \(round)")[0].decode((String, Int).self) == ("other", round))
            try await one.transaction { transaction in
                let rows = try await transaction.pipeline(["SELECT 1", "SELECT \(round)", "SELECT 1"])
                #expect(try rows.map { try $0[0].decode(Int.self) } == [1, round, 1])
                _ = try await transaction.commit(with: ["SELECT 'last'"])
            }
        }
    }

    @Test("Settings apply to each transaction and leave no trace in the session")
    func settingsStayInTransaction() async throws {
        let bouncer = try await PgBouncer.start(.transaction, poolSize: 1)
        let writer = try await connect(bouncer) { $0.sessionSettings = [("lock_timeout", "7s")] }
        let reader = try await connect(bouncer) {
            $0.sessionSettings = [("default_transaction_read_only", "on"), ("statement_timeout", "9s")]
        }
        let settings: SQL = """
            SELECT current_setting('transaction_read_only'), current_setting('lock_timeout'),
                current_setting('statement_timeout')
            """
        for _ in 0..<2 {
            let single = try await reader.query(settings)[0].decode((String, String, String).self)
            #expect(single == ("on", "0", "9s"))
            let opening = try await reader.transaction(opening: ["SELECT 1", settings]) { transaction in
                let opening = try await transaction.opening()
                #expect(try opening[0][0].decode(Int32.self) == 1)
                #expect(try await transaction.query(settings)[0].decode((String, String, String).self) == single)
                return opening[1]
            }
            #expect(try opening[0].decode((String, String, String).self) == single)
            #expect(try await writer.query(settings)[0].decode((String, String, String).self) == ("off", "7s", "0"))
        }
    }

    @Test("An error names the statement that failed, with settings before it")
    func statementIndex() async throws {
        let bouncer = try await PgBouncer.start(.transaction, poolSize: 1)
        let connection = try await connect(bouncer) { $0.sessionSettings = [("lock_timeout", "7s")] }
        let error = try await failure {
            try await connection.transaction { _ = try await $0.pipeline(["SELECT 1", "SELECT 1 / 0", "SELECT 2"]) }
        }
        #expect(error.statementIndex == 1 && error.sqlState == "22012")
        #expect(try await connection.query("SELECT 1")[0].decode(Int32.self) == 1)
    }
}
