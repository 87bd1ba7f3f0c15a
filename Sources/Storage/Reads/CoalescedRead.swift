import Synchronization

/// Combines simultaneous reads of the same key.
///
/// The first request for a key starts a read immediately. Requests for the same key that arrive while it runs share the
/// next read. So the read that serves a request always starts after the request.
package final class CoalescedRead<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    package typealias Read = @Sendable (Key) async throws -> Value

    private typealias Waiter = CheckedContinuation<Value, any Error>

    private let read: Read
    /// The requests that wait for the next read, by key. A key is present while a read of it runs.
    private let waiters = Mutex<[Key: [Waiter]]>([:])

    /// - Parameter read: The read. It must have its own deadline.
    package init(read: @escaping Read) { self.read = read }

    /// Returns the value of a key. Cancellation does not stop the read, because other callers may wait for it.
    package func value(of key: Key) async throws -> Value {
        try await withCheckedThrowingContinuation { waiter in
            let startsRead = waiters.withLock { waiters in
                let isIdle = waiters[key] == nil
                waiters[key, default: []].append(waiter)
                return isIdle
            }
            // The task is detached, so that a cancellation of the caller's task does not cancel the read.
            if startsRead { Task.detached { await self.run(key) } }
        }
    }

    /// Returns the number of requests that wait for the next read of the key.
    package func waiting(for key: Key) -> Int { waiters.withLock { $0[key]?.count ?? 0 } }

    /// Reads until no request waits.
    private func run(_ key: Key) async {
        while let served = next(key) {
            let result: Result<Value, any Error>
            do {
                result = .success(try await read(key))
            } catch {
                result = .failure(error)
            }
            for waiter in served { waiter.resume(with: result) }
        }
    }

    private func next(_ key: Key) -> [Waiter]? {
        waiters.withLock { waiters in
            guard let next = waiters[key], !next.isEmpty else {
                waiters[key] = nil
                return nil
            }
            waiters[key] = []
            return next
        }
    }
}
