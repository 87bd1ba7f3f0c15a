/// A lock that a session of the test's own holds, so that whoever wants it stands still at that instant.
public final class HeldLock: Sendable {
    private let database: Psql
    private let session: ChildProcess
    private let name: String

    /// Takes the lock and returns once it is held.
    ///
    /// - Parameter key: The argument of `pg_advisory_lock`.
    public static func take(advisory key: Int64, in database: Psql) async throws -> HeldLock {
        try await take("SELECT pg_advisory_lock(\(key))", in: database)
    }

    /// The same for any lock that statements of one transaction take.
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

    /// The sessions that stand still for any lock now.
    public func waiters() async throws -> [Int] {
        try await database.column(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY pid
            """
        ).compactMap { Int($0) }
    }

    /// Ends the sessions that stand still, as the server does once it sees that their clients are gone.
    public func endWaiters() async throws {
        for pid in try await waiters() { try await database.execute("SELECT pg_terminate_backend(\(pid), 5000)") }
    }

    /// Lets go of it; returns once it is free.
    public func release() async throws {
        try await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '\(name)'")
        try await session.waitForExit()
    }
}
