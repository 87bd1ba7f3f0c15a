import Synchronization

/// Reads once what several ask for alike at the same time.
///
/// Who asks first has a read begin at once. Who asks for the same while it is under way is served by the next read of it,
/// together with all who ask until then: every answer is of a read that began after its question.
final class SameReads<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    typealias Read = @Sendable (Key) async throws -> Value

    private typealias Waiter = CheckedContinuation<Value, any Error>

    private let read: Read
    /// Who waits for the next read, by the key of one that is under way.
    private let waiters = Mutex<[Key: [Waiter]]>([:])

    /// - Parameter read: has an end, by a deadline of its own.
    init(read: @escaping Read) { self.read = read }

    /// Not given up when its task is cancelled: it may be what others wait for.
    func value(of key: Key) async throws -> Value {
        try await withCheckedThrowingContinuation { waiter in
            let begins = waiters.withLock { waiters in
                let begins = waiters[key] == nil
                waiters[key, default: []].append(waiter)
                return begins
            }
            // Not the task of who asked: its end must not be the read's.
            if begins { Task.detached { await self.run(key) } }
        }
    }

    /// How many wait for the next read of the key.
    func waiting(for key: Key) -> Int { waiters.withLock { $0[key]?.count ?? 0 } }

    /// Reads for as long as somebody waits.
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
