package import Marketplace
import Synchronization

/// Remembers keys whose messages failed recently, and the time until which each key is held back. When it is full, it
/// forgets the key whose time ends first.
package final class FailureMemory<Key: Hashable & Sendable>: Sendable {
    private struct Record {
        var failures: Int
        var heldUntil: Timestamp
        /// The next time at which a message of the key may be tried although the key is held back.
        var nextTrial: Timestamp
    }

    private let capacity: Int
    private let delay: @Sendable (_ failures: Int) -> Duration
    private let trialInterval: Duration
    private let records = Mutex<[Key: Record]>([:])

    /// - Parameters:
    ///   - capacity: Maximum number of keys.
    ///   - delay: Returns the time for which a key is held back after this number of failures.
    ///   - trialInterval: Time between two trials of a key that is held back.
    package init(
        capacity: Int = 1000, trialInterval: Duration = .seconds(30),
        delay: @escaping @Sendable (_ failures: Int) -> Duration
    ) {
        self.capacity = capacity
        self.trialInterval = trialInterval
        self.delay = delay
    }

    package var isEmpty: Bool { records.withLock { $0.isEmpty } }

    /// Notes that a message of the key failed alone.
    ///
    /// - Parameter known: The number of failures that the message carries.
    /// - Returns: True if the key is held back from now on and was not before.
    @discardableResult
    package func fail(_ key: Key, known: Int = 0, at now: Timestamp) -> Bool {
        records.withLock { records in
            let before = records[key]
            let failures = max(before?.failures ?? 0, known) + 1
            if before == nil, records.count >= capacity,
                let oldest = records.min(by: { $0.value.heldUntil < $1.value.heldUntil })
            {
                records[oldest.key] = nil
            }
            let record = Record(
                failures: failures, heldUntil: now + delay(failures), nextTrial: now + trialInterval)
            records[key] = record
            return record.heldUntil > now && (before?.heldUntil ?? now) <= now
        }
    }

    /// Forgets a key, because one of its messages succeeded.
    package func succeed(_ key: Key) { records.withLock { $0[key] = nil } }

    package func isHeldBack(_ key: Key, at now: Timestamp) -> Bool {
        records.withLock { $0[key].map { $0.heldUntil > now } ?? false }
    }

    /// Returns true once in each trial interval: then a message of the key may be tried.
    package func beginsTrial(of key: Key, at now: Timestamp) -> Bool {
        records.withLock { records in
            guard let record = records[key], record.nextTrial <= now else { return false }
            records[key]?.nextTrial = now + trialInterval
            return true
        }
    }

    /// Returns the keys that are held back now. The other keys are still remembered, with their failures.
    package func heldBack(at now: Timestamp) -> [Key] {
        records.withLock { $0.filter { $0.value.heldUntil > now }.map(\.key) }
    }
}
