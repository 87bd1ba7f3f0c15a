import Logging
import PostgresClient
import Support
import Testing

/// A configuration for the shared server's database, which has no tables.
func configuration(_ change: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: try TestServers.databaseURL)
    configuration.logger.logLevel = .critical
    // A busy machine takes longer than the default to start the server process that gets a cancel request.
    configuration.cancelGrace = .seconds(20)
    change(&configuration)
    return configuration
}

func connect(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresConnection {
    try await PostgresConnection.connect(try configuration(change))
}

/// Repeats the query until it returns true. It polls, because the server has no notification for these conditions.
func waitUntil(_ condition: SQL, on session: some PostgresQueryable) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !session.query(condition)[0].decode(Bool.self) {
        try #require(ContinuousClock.now < deadline, "the condition stayed false: \(condition)")
    }
}

/// Returns the `PostgresError` that the body throws.
func failure(_ body: () async throws -> Void) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}

/// A random id for an advisory lock, unique to the test.
func randomLockID() -> Int64 { Int64.random(in: 1...Int64.max) }

/// A query that returns true while the session waits for a lock.
func isWaitingForLock(_ pid: Int) -> SQL {
    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = \(Int32(pid)) AND NOT granted)"
}
