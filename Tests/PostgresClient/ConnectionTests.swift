import PostgresClient
import Support
import Testing

@Suite("Connection")
struct ConnectionTests {
    @Test("A session has the configured settings and role")
    func sessionHasConfiguredSettings() async throws {
        let connection = try await connect {
            $0.sessionSettings = [("statement_timeout", "7s"), ("application_name", "it's me")]
            $0.role = "pg_read_all_data"
        }
        let row = try await connection.query(
            """
            SELECT current_setting('statement_timeout'), current_setting('application_name'), current_user::text,
                current_setting('client_encoding')
            """)[0]
        let texts = try (0..<row.count).map { try row[$0].decode(as: String.self) }
        #expect(texts == ["7s", "it's me", "pg_read_all_data", "UTF8"])
        await connection.close()
        #expect(connection.isClosed)
        let error = try await failure { _ = try await connection.query("SELECT 1") }
        #expect(error.kind == .connectionLost(sent: false))
    }

    @Test("A read-only role cannot write")
    func readOnlyRoleCannotWrite() async throws {
        let connection = try await connect {
            $0.role = "pg_read_all_data"
            $0.sessionSettings = [("default_transaction_read_only", "on")]
        }
        for statement: SQL in ["CREATE TABLE public.t (a int)", "DELETE FROM pg_catalog.pg_description"] {
            let error = try await failure { _ = try await connection.query(statement) }
            #expect(error.kind == .server && ["25006", "42501"].contains(error.sqlState))
        }
        // Without the setting, the role alone prevents writes.
        try await connection.execute("SET default_transaction_read_only = off")
        let error = try await failure { try await connection.execute("CREATE TABLE public.t (a int)") }
        #expect(error.sqlState == "42501")
    }

    @Test("A server or session that may lose a commit is refused")
    func nonDurableSessionIsRefused() async throws {
        try await PostgresChecks.verify(try await connect())
        let error = try await failure {
            _ = try await connect {
                $0.requiresDurability = true
                $0.sessionSettings = [("synchronous_commit", "off")]
            }
        }
        #expect(error.kind == .refusedServer)
        #expect(error.message.contains("synchronous_commit is off"))
    }

    @Test("An error contains SQLSTATE, constraint and statement, but no value")
    func errorContainsNoValue() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE people (email text CONSTRAINT people_email UNIQUE)")
        try await connection.execute("INSERT INTO people VALUES (\("a@example.org"))")
        let error = try await failure { try await connection.execute("INSERT INTO people VALUES (\("a@example.org"))") }
        #expect(error.kind == .server && error.sqlState == "23505" && error.isUniqueViolation)
        #expect(error.constraint == "people_email")
        #expect(error.statement == "INSERT INTO people VALUES ($1)")
        #expect(!"\(error)".contains("a@example.org"))
        #expect(!error.isRetryable && !error.isUnavailable)
    }

    @Test("A failed pipeline names the statement and has no effect")
    func failedPipelineHasNoEffect() async throws {
        let connection = try await connect()
        try await connection.execute("CREATE TEMP TABLE numbers (n int)")
        let error = try await failure {
            _ = try await connection.pipeline([
                "INSERT INTO numbers VALUES (\(1))", "SELECT \(1) / \(0)", "INSERT INTO numbers VALUES (\(2))",
            ])
        }
        #expect(error.statementIndex == 1 && error.sqlState == "22012")
        #expect(try await connection.query("SELECT count(*) FROM numbers")[0].decode(Int.self) == 0)
        // A statement that was not run is prepared again when needed.
        let results = try await connection.pipeline([
            "INSERT INTO numbers VALUES (\(1))", "INSERT INTO numbers VALUES (\(2))",
            "SELECT n FROM numbers ORDER BY n", "SELECT 7",
        ])
        #expect(results.map(\.affectedRows) == [1, 1, 2, 1])
        #expect(try results[2].decode(Int.self) == [1, 2])
        let parse = try await failure { _ = try await connection.pipeline(["SELECT 1", "SELEC 2", "SELECT 3"]) }
        #expect(parse.statementIndex == 1 && parse.sqlState == "42601")
        #expect(try await connection.pipeline([]).isEmpty)
    }

    @Test("Statements stay prepared up to a limit, and are prepared again after a table changes")
    func statementsStayPrepared() async throws {
        let connection = try await connect { $0.preparedStatementLimit = 8 }
        for number in 0..<50 {
            let value = try await connection.query("SELECT \(unsafe: String(number))")[0].decode(Int.self)
            #expect(value == number)
        }
        let kept = try await connection.query("SELECT count(*) FROM pg_prepared_statements")[0].decode(Int.self)
        #expect(kept <= 10)

        try await connection.execute("CREATE TEMP TABLE shapes (a int)")
        let select: SQL = "SELECT * FROM shapes"
        #expect(try await connection.query(select).columnNames == ["a"])
        try await connection.execute("ALTER TABLE shapes ADD b text")
        let stale = try await failure { _ = try await connection.query(select) }
        #expect(stale.isRetryable)
        #expect(try await connection.query(select).columnNames == ["a", "b"])
        // This has the same effect on statements as DISCARD ALL.
        try await connection.execute("DEALLOCATE ALL")
        #expect(try await failure { _ = try await connection.query(select) }.isRetryable)
        #expect(try await connection.query(select).columnNames == ["a", "b"])
    }

    @Test("A script runs many statements, and either all take effect or none")
    func scriptIsAtomic() async throws {
        let connection = try await connect()
        try await connection.script(unsafe: "CREATE TEMP TABLE a (n int); INSERT INTO a VALUES (1), (2); SELECT 1;")
        #expect(try await connection.query("SELECT count(*) FROM a")[0].decode(Int.self) == 2)
        let error = try await failure {
            try await connection.script(unsafe: "INSERT INTO a VALUES (3); SELECT 1 / 0; SELECT 2")
        }
        #expect(error.sqlState == "22012")
        #expect(try await connection.query("SELECT count(*) FROM a")[0].decode(Int.self) == 2)
    }

    @Test("COPY is not supported, and its failure does not affect later statements")
    func copyFails() async throws {
        let connection = try await connect()
        _ = try await failure { try await connection.execute("COPY (SELECT 1) TO STDOUT") }
        if connection.isClosed { return }
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("A refused connection has an error with the cause", .timeLimit(.minutes(1)))
    func refusedConnectionReportsCause() async throws {
        let url = try TestServers.databaseURL
        let base = url[..<(try #require(url.lastIndex(of: "/")))]
        let absent = try await failure {
            _ = try await PostgresConnection.connect(try PostgresConfiguration(url: "\(base)/no_such_database"))
        }
        #expect(absent.sqlState == "3D000" && absent.kind == .connectionLost(sent: false))
        let refused = try await failure {
            _ = try await PostgresConnection.connect(
                try PostgresConfiguration(url: "postgresql://127.0.0.1:1/x?connect_timeout=2"))
        }
        #expect(refused.kind == .connectionLost(sent: false) && refused.isUnavailable && refused.isRetryable)
        // The last line is a hint: the reason comes before it.
        #expect(refused.message.contains("Connection refused"), "\(refused)")
    }

    @Test("The next host is tried if one does not respond", .timeLimit(.minutes(1)))
    func unresponsiveHostIsSkipped() async throws {
        let unresponsive = try TCPProxy(to: nil)
        let port = try #require(try TestServers.databaseURL.split(separator: ":").last?.prefix { $0 != "/" })
        var configuration = try PostgresConfiguration(
            url: "postgresql://gittix@localhost:\(unresponsive.port),127.0.0.1:\(port)/gittix")
        configuration.connectTimeout = .seconds(3)
        let connection = try await PostgresConnection.connect(configuration)
        #expect(try await connection.query("SELECT 1").count == 1)

        var singleHost = try PostgresConfiguration(url: "postgresql://gittix@127.0.0.1:\(unresponsive.port)/gittix")
        singleHost.connectTimeout = .milliseconds(200)
        let error = try await failure { [singleHost] in _ = try await PostgresConnection.connect(singleHost) }
        #expect(error.kind == .connectionLost(sent: false))
    }
}
