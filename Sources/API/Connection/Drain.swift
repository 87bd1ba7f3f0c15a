import ServiceLifecycle
import Synchronization

/// The time between the request to stop and the end of the server's socket, for the host to notice that this process is
/// not ready and to send its clients elsewhere.
///
/// While it lasts, requests are served as before, but `/readyz` is not ready, and each response closes its connection.
final class Drain: ServiceLifecycle.Service {
    private let duration: Duration
    private let begun = Atomic(false)
    private let end: AsyncStream<Never>
    private let endContinuation: AsyncStream<Never>.Continuation

    init(duration: Duration) {
        self.duration = duration
        (end, endContinuation) = AsyncStream.makeStream(of: Never.self)
    }

    var isDraining: Bool { begun.load(ordering: .relaxed) }

    func begin() { begun.store(true, ordering: .relaxed) }

    /// Ends the time early.
    func finish() { endContinuation.finish() }

    /// Returns when the time has passed. The services before it stop after it.
    func run() async throws {
        try? await gracefulShutdown()
        begin()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [duration] in try? await Task.sleep(for: duration) }
            group.addTask { [end] in for await _ in end {} }
            await group.next()
            group.cancelAll()
        }
    }
}
