public import Logging
public import PostgresClient
import Testing

/// Returns a pool on a new, separate database.
public func freshPool(migrated: Bool = true, size: Int = 10) async throws -> PostgresPool {
    let url = try await TestServers.freshDatabase(migrated: migrated)
    return PostgresPool(try PostgresConfiguration(url: url), size: size, acquireTimeout: .seconds(30))
}

/// Polls the server until a condition holds, for conditions that the server can't announce.
public func waitUntil(_ condition: SQL, on session: some PostgresQueryable) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !session.query(condition)[0].decode(Bool.self) {
        try #require(ContinuousClock.now < deadline, "the condition never held: \(condition)")
    }
}

/// A logger that logs only critical messages.
public let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()
