import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Limits the number of a service's dead letters in Redis by moving the oldest to PostgreSQL. Deletes them there after
/// ``DeadLetterArchive/retention``.
///
/// A letter is deleted from Redis only after PostgreSQL has committed it. Any number of processes may do this at the
/// same time.
struct DeadLetterArchiver: ServiceLifecycle.Service {
    let letters: DeadLetters
    let archive: DeadLetterArchive
    let pool: PostgresPool
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(60)
    /// Maximum number of letters that stay in Redis.
    var kept = DeadLetters.kept
    /// Maximum number of letters that are moved, or deleted, at a time.
    var limit = 100

    func run() async throws {
        await PeriodicTask(every: interval, jitter: 0.2, name: "Archiving of dead letters", logger: logger).run { _ in
            while try await archiveOldest() > 0 {}
            while try await archive.prune(at: clock(), limit: limit, on: pool) == limit {}
        }
    }

    /// Moves the oldest letters if Redis has more than ``kept``: at most ``limit`` letters.
    ///
    /// - Returns: The number of letters in excess of ``kept``, at most ``limit``.
    func archiveOldest() async throws -> Int {
        let excess = min(try await letters.count() - kept, limit)
        guard excess > 0 else { return 0 }
        let oldest = try await letters.list(limit: excess)
        try await archive.add(oldest.map(DeadLetterArchive.Letter.init), on: pool)
        try await letters.remove(oldest.map(\.id))
        logger.warning(
            "Moved the oldest dead letters to PostgreSQL",
            metadata: ["letters": .stringConvertible(oldest.count), "until": "\(oldest.last?.id.description ?? "")"])
        return excess
    }
}

extension DeadLetterArchive.Letter {
    /// Bytes that are not UTF-8 are replaced. Only entries that were added by hand can have such bytes.
    init(_ letter: DeadLetters.Letter) {
        self.init(
            id: letter.id.description,
            diedAt: Timestamp(milliseconds: Int64(clamping: letter.id.milliseconds)),
            fields: Dictionary(
                letter.fields.all.map {
                    (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
                }
            ) { first, _ in first })
    }
}
