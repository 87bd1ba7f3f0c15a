import RedisClient
import Synchronization

@testable import Streams

/// A handler that counts how many batches are handled at the same time.
final class OverlapCounter: Sendable {
    private struct Counts {
        var running = 0
        var maximum = 0
        var entries = 0
    }

    private let redis: RedisClient
    private let counts = Mutex(Counts())

    init(redis: RedisClient) { self.redis = redis }

    /// The largest number of batches that were handled at the same time.
    var maximum: Int { counts.withLock { $0.maximum } }
    /// The number of entries that were handled.
    var entries: Int { counts.withLock { $0.entries } }

    @Sendable func handle(_ batch: Batch) async throws -> [EntryOutcome] {
        counts.withLock { counts in
            counts.running += 1
            counts.maximum = max(counts.maximum, counts.running)
        }
        // Gives another batch time to begin.
        for _ in 0..<20 { _ = try await redis.send(RedisCommand("PING")) }
        counts.withLock { counts in
            counts.running -= 1
            counts.entries += batch.entries.count
        }
        return batch.entries.map { _ in .done }
    }
}
