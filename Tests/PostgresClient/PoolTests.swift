import Logging
import PostgresClient
import Support
import Testing

@Suite("Pool", .timeLimit(.minutes(2)))
struct PoolTests {
    private func pool(_ size: Int, acquireTimeout: Duration = .seconds(10)) throws -> PostgresPool {
        PostgresPool(try configuration(), size: size, acquireTimeout: acquireTimeout)
    }

    @Test("Many tasks share a few connections")
    func manyTasksShareFewConnections() async throws {
        let pool = try pool(3, acquireTimeout: .seconds(60))
        let pids = try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    try await pool.withTransaction { transaction in
                        let row = try await transaction.query("SELECT pg_backend_pid(), \(number)")[0]
                        let (pid, answer) = try row.decode((Int, Int).self)
                        #expect(answer == number)
                        return pid
                    }
                }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(pids.count <= 3)
        let statistics = pool.statistics
        #expect(statistics.leased == 0 && statistics.waiting == 0 && statistics.idle == pids.count)
        await pool.close()
        #expect(try await failure { _ = try await pool.query("SELECT 1") }.kind == .closed)
    }

    @Test("Waiting tasks get a connection in the order of their requests")
    func waitersAreServedInOrder() async throws {
        let pool = try pool(1)
        let (served, turn) = AsyncStream.makeStream(of: Int.self)
        let tasks = try await pool.withConnection { _ in
            var tasks: [Task<Void, any Error>] = []
            for number in 0..<5 {
                tasks.append(Task { try await pool.withConnection { _ in _ = turn.yield(number) } })
                while pool.statistics.waiting <= number { await Task.yield() }
            }
            return tasks
        }
        for task in tasks { try await task.value }
        turn.finish()
        #expect(await served.reduce(into: []) { $0.append($1) } == [0, 1, 2, 3, 4])
    }

    @Test("A task that waits too long or is cancelled gets an error")
    func waitingTooLongFails() async throws {
        let pool = try pool(1)
        try await pool.withConnection { _ in
            let error = try await failure {
                _ = try await pool.query("SELECT 1", deadline: .now + .milliseconds(20))
            }
            #expect(error.kind == .poolExhausted && error.isUnavailable)
            let task = Task { try await pool.query("SELECT 1", deadline: .now + .seconds(30)) }
            task.cancel()
            _ = try await failure { _ = try await task.value }
            #expect(pool.statistics.waiting == 0)
        }
        #expect(try await pool.query("SELECT 1").count == 1)
    }

    @Test("A cancelled waiter leaves the queue")
    func cancelledWaiterLeavesQueue() async throws {
        let pool = try pool(1)
        try await pool.withConnection { _ in
            let task = Task { try await pool.query("SELECT 1") }
            while pool.statistics.waiting == 0 { await Task.yield() }
            task.cancel()
            let error = try await failure { _ = try await task.value }
            #expect(error.kind == .cancelled)
            #expect(pool.statistics.waiting == 0)
        }
    }

    @Test("The pool replaces killed connections, and a query does not fail")
    func killedConnectionsAreReplaced() async throws {
        let pool = try pool(2)
        let killer = try await connect()
        for _ in 0..<5 {
            let pid = try await pool.query("SELECT pg_backend_pid()")[0].decode(Int32.self)
            _ = try await killer.query("SELECT pg_terminate_backend(\(pid), 20000)")
            #expect(try await pool.query("SELECT 1").count == 1)
        }
        let error = try await failure {
            try await pool.withTransaction { transaction in
                let pid = try await transaction.query("SELECT pg_backend_pid()")[0].decode(Int32.self)
                _ = try await killer.query("SELECT pg_terminate_backend(\(pid), 20000)")
                _ = try await transaction.query("SELECT 1")
            }
        }
        #expect(error.isRetryable)
        #expect(try await pool.query("SELECT 1").count == 1)
        #expect(pool.statistics.leased == 0)
    }

    @Test("A transaction that was left open is rolled back before the connection is reused")
    func openTransactionIsRolledBack() async throws {
        let pool = try pool(1)
        try await pool.withConnection { _ = try await $0.query("BEGIN") }
        try await pool.withTransaction { transaction in
            try await transaction.execute("SELECT 1")
        }
        try await pool.withConnection { connection in
            _ = try await connection.query("BEGIN")
            _ = try? await connection.query("SELECT 1 / 0")
        }
        #expect(try await pool.query("SELECT 1").count == 1)
    }

    @Test("Waiters get the cause if the server is unavailable, and get it at once if a setting is wrong")
    func connectErrorReachesWaiters() async throws {
        var unavailable = try PostgresConfiguration(url: "postgresql://127.0.0.1:1/gittix")
        unavailable.logger.logLevel = .critical
        let unreachable = PostgresPool(unavailable, size: 2, acquireTimeout: .seconds(3))
        let error = try await failure { _ = try await unreachable.query("SELECT 1") }
        #expect(error.kind == .connectionLost(sent: false))

        let url = try TestServers.databaseURL
        let base = url[..<(try #require(url.lastIndex(of: "/")))]
        var wrong = try PostgresConfiguration(url: "\(base)/no_such_database")
        wrong.logger.logLevel = .critical
        let started = ContinuousClock.now
        let misconfigured = PostgresPool(wrong, size: 2, acquireTimeout: .seconds(60))
        #expect(try await failure { _ = try await misconfigured.query("SELECT 1") }.sqlState == "3D000")
        #expect(ContinuousClock.now - started < .seconds(30))
    }
}
