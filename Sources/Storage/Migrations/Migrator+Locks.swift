import Logging
import PostgresClient

extension Migrator {
    /// Limits the transaction's waits for locks. During such a wait, other sessions' statements on the table queue
    /// behind the transaction. The limit is below their own `lock_timeout`, 5 seconds in workers and 2 seconds in the
    /// API, so that they do not fail.
    var lockTimeout: SQL { "SELECT set_config('lock_timeout', '1500ms', true)" }

    /// Runs the body again, after a pause, if another session held a lock for too long or there was a deadlock.
    ///
    /// The statements that queued can run during the pauses, which double from half a second to 15 seconds. After
    /// ``timeout``, the error is thrown.
    func retryingLocks<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        let deadline = ContinuousClock.now + Self.timeout
        var pause = Duration.milliseconds(500)
        while true {
            do {
                return try await body()
            } catch let error as PostgresError where error.isLockConflict && .now + pause < deadline {
                logger.notice(
                    "A migration waits for a lock", metadata: ["name": "\(name)", "retry_in": "\(pause)"])
                try await Task.sleep(for: pause * Double.random(in: 0.5...1))
                pause = min(pause * 2, .seconds(15))
            }
        }
    }
}

extension PostgresError {
    /// Serialization failure, deadlock, lock timeout.
    fileprivate var isLockConflict: Bool { ["40001", "40P01", "55P03"].contains(sqlState) }
}
