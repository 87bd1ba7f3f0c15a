package import PostgresClient

/// The database does not answer, or reports that it can't work. No message is at fault, and none can be handled.
package struct DatabaseOutage: Error, CustomStringConvertible {
    package let cause: PostgresError
    package var description: String { "the database is unavailable: \(cause)" }
}

extension PostgresError {
    /// Returns the maximum number of runs of a transaction that fails with this error, including the first. It is more
    /// than one only if the transaction lost a race or its connection, or waited too long for a lock.
    ///
    /// - Parameter raceKeys: The unique constraints for which two messages may race, besides the inbox's own.
    func runLimit(raceKeys: Set<String>) -> Int {
        // The transaction has waited for the lock already, so it runs only once more.
        if isLockTimeout { return 2 }
        if isUniqueViolation { return isRace(for: raceKeys) ? TransactionRetry.runLimit : 1 }
        return isRetryable ? TransactionRetry.runLimit : 1
    }

    private func isRace(for raceKeys: Set<String>) -> Bool {
        guard let constraint else { return false }
        // Each partition of the inbox has a separate key, such as `inbox_20785_pkey`.
        return raceKeys.contains(constraint) || constraint.hasPrefix("inbox_") && constraint.hasSuffix("_pkey")
    }

    /// True for errors that need no probe. The server reports that it can't work, although a new connection may
    /// succeed: the disk is full, there are too many connections, a device fails, or it became a standby. The same
    /// applies if the pool gave no connection, so that nothing was run.
    var isStatementOfOutage: Bool {
        switch kind {
        case .closed, .refusedServer, .poolExhausted: true
        case .server: sqlState.map { ["53100", "53300", "25006"].contains($0) || $0.hasPrefix("58") } ?? false
        default: false
        }
    }

    private var isLockTimeout: Bool { sqlState == "55P03" }
}
