/// A database lock held by a separate session, which blocks other sessions at a known point.
public final class HeldLock: Sendable {
    private let database: Psql
    private let session: ChildProcess
    private let name: String

    /// Takes an advisory lock and returns once it is held.
    ///
    /// - Parameter key: The argument of `pg_advisory_lock`.
    public static func take(advisory key: Int64, in database: Psql) async throws -> HeldLock {
        try await take("SELECT pg_advisory_lock(\(key))", in: database)
    }

    /// Takes the locks of the statements in one transaction, and returns once they are held.
    public static func take(_ statements: String, in database: Psql) async throws -> HeldLock {
        let name = "held-lock-\(UInt32.random(in: 0...(.max)))"
        let session = try ChildProcess(
            Tool.path("psql"),
            ["-X", "-q", database.url, "-c", "BEGIN", "-c", statements, "-c", "SELECT pg_sleep(3600)"],
            environment: ["PGAPPNAME": name])
        let lock = HeldLock(database: database, session: session, name: name)
        try await eventually("the lock is held: \(statements)") {
            let sql = "SELECT wait_event FROM pg_stat_activity WHERE application_name = '\(name)'"
            return try await database.column(sql) == ["PgSleep"]
        }
        return lock
    }

    private init(database: Psql, session: ChildProcess, name: String) {
        self.database = database
        self.session = session
        self.name = name
    }

    /// The process ids of the sessions that wait for a lock.
    public func waiters() async throws -> [Int] {
        try await database.column(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY pid
            """
        ).compactMap { Int($0) }
    }

    /// Terminates the waiting sessions, like a server that detects that their clients have disconnected.
    public func endWaiters() async throws {
        for pid in try await waiters() { try await database.execute("SELECT pg_terminate_backend(\(pid), 5000)") }
    }

    /// Releases the lock and returns once it is free.
    public func release() async throws {
        try await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(name)'")
        try await session.waitForExit()
    }
}
