package import Logging
package import PostgresClient

/// Runs a transaction again if it lost a race or its connection. Distinguishes an outage from a failed transaction.
package struct TransactionRetry: Sendable {
    /// Maximum number of runs of one transaction: the first and three more.
    static let runLimit = 4
    /// The workers' `idle_in_transaction_session_timeout`: see `DatabasePools`.
    private static let idleLimit: Duration = .seconds(2)

    /// The unique constraints for which two messages may race: both find no row and try to insert it.
    private let raceKeys: Set<String>
    private let outages: OutageProbe
    private let logger: Logger

    package init(raceKeys: Set<String> = [], pool: PostgresPool, logger: Logger) {
        self.raceKeys = raceKeys
        outages = OutageProbe(pool: pool)
        self.logger = logger
    }

    /// Runs a transaction until it succeeds, at most four times, with 5 to 30 ms between two runs.
    ///
    /// - Throws: ``DatabaseOutage`` if the database is unavailable; `CancellationError` if the task was cancelled; any
    ///   other error is a failure of the transaction. If the answer to COMMIT was lost, the messages may be committed
    ///   nevertheless; the inbox then has them.
    package func run<Value: Sendable>(_ transaction: () async throws -> Value) async throws -> Value {
        var runs = 1
        while true {
            let start = ContinuousClock.now
            do {
                return try await transaction()
            } catch let error as PostgresError {
                if Task.isCancelled { throw CancellationError() }
                if await isOutage(error) { throw DatabaseOutage(cause: error) }
                // PostgreSQL ends a transaction that is idle for too long, and libpq reports only the lost connection.
                if case .connectionLost = error.kind, ContinuousClock.now - start >= Self.idleLimit { throw error }
                guard runs < error.runLimit(raceKeys: raceKeys) else { throw error }
                logger.notice("Transaction lost a race; retrying", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(10 * runs) * Double.random(in: 0.5...1))
                runs += 1
            }
        }
    }

    /// Returns true if the database does not answer or reports that it can't work. It is not an outage if a transaction
    /// exceeded a timeout, or if only its connection was closed.
    private func isOutage(_ error: PostgresError) async -> Bool {
        if error.isStatementOfOutage { return true }
        guard error.isUnavailable else { return false }
        return await outages.isOutage()
    }
}
