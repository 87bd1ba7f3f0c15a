import FoundationEssentials
import Logging
import Marketplace
import PostgresClient
import Storage
import Support
import Testing

/// A pool on a database of the test's own.
func freshPool(migrated: Bool = true, size: Int = 10) async throws -> PostgresPool {
    let url = try await TestServers.freshDatabase(migrated: migrated)
    return PostgresPool(try PostgresConfiguration(url: url), size: size, acquireTimeout: .seconds(30))
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

func event(_ number: Int, type: String = "OrderCreated") -> OutboxEvent {
    OutboxEvent(
        id: UUID(), type: type, at: Timestamp(milliseconds: 1_785_000_000_000), subject: "subject \(number)",
        version: Int64(number), trace: "", body: Array("{\"n\": \(number), \"z\": \"\\u0000\"}".utf8))
}

/// Asks until the server says yes: what is waited for is in the server, and it has no other way to tell.
func waitUntil(_ condition: SQL, on session: some PostgresQueryable) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !session.query(condition)[0].decode(Bool.self) {
        try #require(ContinuousClock.now < deadline, "the server never said yes to: \(condition)")
    }
}

/// What is applied is of no interest here.
let quiet: Logger = {
    var logger = Logger(label: "migrations")
    logger.logLevel = .critical
    return logger
}()
