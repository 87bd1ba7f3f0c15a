import Logging
import PostgresClient
import Support
import Testing

/// A configuration of the shared server, without tables.
func configuration(_ change: (inout PostgresConfiguration) -> Void = { _ in }) throws -> PostgresConfiguration {
    var configuration = try PostgresConfiguration(url: try TestServers.databaseURL)
    configuration.logger.logLevel = .critical
    change(&configuration)
    return configuration
}

func connect(_ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresConnection {
    try await PostgresConnection.connect(try configuration(change))
}

/// Asks until the server says yes: what is waited for is in the server, and it has no other way to tell.
func waitUntil(_ condition: SQL, on session: some PostgresQueryable) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !session.query(condition)[0].decode(Bool.self) {
        try #require(ContinuousClock.now < deadline, "the server never said yes to: \(condition)")
    }
}

/// The error that the body throws.
func failure(_ body: () async throws -> Void) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}

/// A number for an advisory lock that no other test uses.
func lockNumber() -> Int64 { Int64.random(in: 1...Int64.max) }

/// True while the session waits for a lock.
func isWaiting(_ pid: Int) -> SQL {
    "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = \(Int32(pid)) AND NOT granted)"
}
