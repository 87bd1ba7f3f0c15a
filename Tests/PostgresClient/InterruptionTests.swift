import PostgresClient
import Support
import Testing

@Suite("Deadlines, cancellation and lost connections", .timeLimit(.minutes(2)))
struct InterruptionTests {
    @Test("A deadline cancels the statement, and the connection stays usable")
    func deadlineCancelsStatement() async throws {
        let connection = try await connect()
        let started = ContinuousClock.now
        let error = try await failure {
            _ = try await connection.query("SELECT pg_sleep(30)", deadline: .now + .milliseconds(100))
        }
        #expect(error.kind == .timeout && error.sqlState == "57014" && error.isTimeout && !error.isUnavailable)
        #expect(ContinuousClock.now - started < .seconds(10))
        #expect(!connection.isClosed)
        for number in 0..<20 {
            // A late cancel request would cancel one of these statements.
            #expect(try await connection.query("SELECT \(number)")[0].decode(Int.self) == number)
        }
        let past = try await failure { _ = try await connection.query("SELECT pg_sleep(30)", deadline: .now) }
        #expect(past.kind == .timeout)
    }

    @Test("Cancelling the task cancels the statement, and the connection stays usable")
    func cancelledTaskCancelsStatement() async throws {
        let (holder, connection) = (try await connect(), try await connect())
        let (number, pid) = (randomLockID(), await connection.backendPID)
        _ = try await holder.query("SELECT pg_advisory_lock(\(number))")
        let task = Task { try await connection.query("SELECT pg_advisory_lock(\(number))") }
        try await waitUntil(isWaitingForLock(pid), on: holder)
        task.cancel()
        let error = try await failure { _ = try await task.value }
        #expect(error.kind == .cancelled)
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("Waiting statements do not block threads of the cooperative pool")
    func waitingStatementsDoNotBlockCooperativePool() async throws {
        let holder = try await connect()
        let number = randomLockID()
        _ = try await holder.query("SELECT pg_advisory_lock(\(number))")
        // More statements than the cooperative pool has threads.
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    let connection = try await connect()
                    try await connection.transaction {
                        _ = try await $0.query("SELECT pg_advisory_xact_lock(\(number))")
                    }
                }
            }
            try await waitUntil(
                """
                SELECT count(*) = 20 FROM pg_locks
                WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) + objid::bigint = \(number)
                """, on: holder)
            _ = try await holder.query("SELECT pg_advisory_unlock(\(number))")
            try await group.waitForAll()
        }
    }

    @Test("A cancelled transaction is rolled back")
    func cancelledTransactionIsRolledBack() async throws {
        let (holder, connection) = (try await connect(), try await connect())
        let (number, pid) = (randomLockID(), await connection.backendPID)
        try await connection.execute("CREATE TEMP TABLE work (n int)")
        _ = try await holder.query("SELECT pg_advisory_lock(\(number))")
        let task = Task {
            try await connection.transaction { transaction in
                try await transaction.execute("INSERT INTO work VALUES (1)")
                _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(number))")
            }
        }
        try await waitUntil(isWaitingForLock(pid), on: holder)
        task.cancel()
        #expect(try await failure { try await task.value }.kind == .cancelled)
        #expect(try await connection.query("SELECT count(*) FROM work")[0].decode(Int.self) == 0)
    }

    @Test("The connection is closed if the server does not respond to a cancel request")
    func unresponsiveConnectionIsClosed() async throws {
        let proxy = try TCPProxy(to: try serverPort())
        let connection = try await PostgresConnection.connect(try through(proxy))
        proxy.withholdReplies()
        let error = try await failure {
            _ = try await connection.query("SELECT 1", deadline: .now + .milliseconds(100))
        }
        #expect(error.kind == .connectionLost(sent: true) && error.isUnavailable)
        #expect(connection.isClosed)
    }

    @Test("A killed connection's error says if the statement was sent")
    func killedConnectionReportsIfSent() async throws {
        let (killer, connection) = (try await connect(), try await connect())
        let (number, pid) = (randomLockID(), await connection.backendPID)
        _ = try await killer.query("SELECT pg_advisory_lock(\(number))")
        let task = Task { try await connection.query("SELECT pg_advisory_lock(\(number))") }
        try await waitUntil(isWaitingForLock(pid), on: killer)
        _ = try await killer.query("SELECT pg_terminate_backend(\(Int32(pid)))")
        let error = try await failure { _ = try await task.value }
        #expect(error.kind == .connectionLost(sent: true))
        #expect(error.sqlState == "57P01" && error.isRetryable && error.isUnavailable)

        let idle = try await connect()
        let idlePID = await idle.backendPID
        _ = try await killer.query("SELECT pg_terminate_backend(\(Int32(idlePID)), 20000)")
        let early = try await failure { _ = try await idle.query("SELECT 1") }
        #expect(early.kind == .connectionLost(sent: false))
    }

    @Test("A transaction that the server ends for being idle can be retried")
    func idleTransactionIsRetryable() async throws {
        let witness = try await connect()
        let connection = try await connect()
        let pid = Int32(await connection.backendPID)
        let error = try await failure {
            try await connection.transaction { transaction in
                // The timeout is set only now: on a busy machine the transaction may be idle for this long between
                // BEGIN and this statement.
                _ = try await transaction.query(
                    "SELECT set_config('idle_in_transaction_session_timeout', '50ms', false)")
                try await waitUntil(
                    "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(pid))", on: witness)
                try await transaction.commit(with: ["SELECT 2"])
            }
        }
        // The session ends before its socket is closed, and a statement sent in between has no result.
        #expect([.connectionLost(sent: false), .commitUnknown].contains(error.kind), "\(error)")
        #expect(error.isRetryable)
    }

    @Test("A COMMIT whose result is lost has an unknown outcome, and may have taken effect")
    func lostCommitResultIsUnknown() async throws {
        let witness = try await connect()
        let table = "commit_lost_\(UInt32.random(in: 0...UInt32.max))"
        try await witness.execute("CREATE TABLE \(identifier: table) (n int)")
        let proxy = try TCPProxy(to: try serverPort())
        let connection = try await PostgresConnection.connect(try through(proxy))
        let task = Task {
            try await connection.transaction { transaction in
                try await transaction.execute("SELECT 1")
                proxy.withholdReplies()
                try await transaction.commit(with: ["INSERT INTO \(identifier: table) VALUES (1)"])
            }
        }
        await proxy.waitForWithheldReply()
        proxy.closeConnections()
        let error = try await failure { try await task.value }
        #expect(error.kind == .commitUnknown && error.isRetryable)
        #expect(try await witness.query("SELECT count(*) FROM \(identifier: table)")[0].decode(Int.self) == 1)
        try await witness.execute("DROP TABLE \(identifier: table)")
    }

    @Test("A COMMIT that is killed has an unknown outcome, and a statement killed before it has not")
    func killedCommitIsUnknown() async throws {
        let killer = try await connect()
        let (number, table) = (randomLockID(), "commit_killed_\(UInt32.random(in: 0...UInt32.max))")
        try await killer.script(
            unsafe: """
                CREATE TABLE \(table) (n int);
                CREATE FUNCTION \(table)_wait() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_advisory_xact_lock(\(number)); RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION \(table)_wait();
                """)
        _ = try await killer.query("SELECT pg_advisory_lock(\(number))")
        func kill(during statements: [SQL]) async throws -> PostgresError {
            let connection = try await connect()
            let pid = await connection.backendPID
            let task = Task {
                try await connection.transaction { _ = try await $0.commit(with: statements) }
            }
            try await waitUntil(isWaitingForLock(pid), on: killer)
            _ = try await killer.query("SELECT pg_terminate_backend(\(Int32(pid)))")
            return try await failure { try await task.value }
        }
        let insert: SQL = "INSERT INTO \(identifier: table) VALUES (1)"
        #expect(try await kill(during: [insert]).kind == .commitUnknown)
        let before = try await kill(during: [insert, "SELECT pg_advisory_xact_lock(\(number))", "SELECT 1"])
        #expect(before.kind == .connectionLost(sent: true) && before.statementIndex == 1)
        #expect(try await killer.query("SELECT count(*) FROM \(identifier: table)")[0].decode(Int.self) == 0)
        try await killer.script(unsafe: "DROP TABLE \(table); DROP FUNCTION \(table)_wait()")
    }

    @Test("A COMMIT is never cancelled: it may wait for a standby that a failover needs")
    func commitIsNotCancelled() async throws {
        let holder = try await connect()
        let (number, table) = (randomLockID(), "commit_waits_\(UInt32.random(in: 0...UInt32.max))")
        try await holder.script(
            unsafe: """
                CREATE TABLE \(table) (n int);
                CREATE FUNCTION \(table)_wait() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN PERFORM pg_advisory_xact_lock(\(number)); RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION \(table)_wait();
                """)
        _ = try await holder.query("SELECT pg_advisory_lock(\(number))")
        let insert: SQL = "INSERT INTO \(identifier: table) VALUES (1)"

        let late = try await connect()
        let error = try await failure {
            try await late.transaction { transaction in
                _ = try await transaction.commit(with: [insert], deadline: .now + .milliseconds(100))
            }
        }
        #expect(error.kind == .commitUnknown && error.isRetryable)
        #expect(late.isClosed)

        let cancelled = try await connect()
        let pid = await cancelled.backendPID
        let task = Task { try await cancelled.transaction { _ = try await $0.commit(with: [insert]) } }
        try await waitUntil(isWaitingForLock(pid), on: holder)
        task.cancel()
        #expect(try await failure { try await task.value }.kind == .commitUnknown)

        // The server has received no cancel request: both commits take effect.
        _ = try await holder.query("SELECT pg_advisory_unlock(\(number))")
        try await waitUntil("SELECT count(*) = 2 FROM \(identifier: table)", on: holder)
        try await holder.script(unsafe: "DROP TABLE \(table); DROP FUNCTION \(table)_wait()")
    }

    private func serverPort() throws -> UInt16 {
        let url = try TestServers.databaseURL
        let port = try #require(url.split(separator: ":").last?.prefix { $0 != "/" })
        return try #require(UInt16(port))
    }

    private func through(_ proxy: TCPProxy) throws -> PostgresConfiguration {
        let url = try TestServers.databaseURL
        var configuration = try PostgresConfiguration(
            url: url.replacing(":\(try serverPort())/", with: ":\(proxy.port)/"))
        configuration.cancelGrace = .milliseconds(200)
        return configuration
    }
}
