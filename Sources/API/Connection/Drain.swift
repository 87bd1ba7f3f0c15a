import ServiceLifecycle
import Synchronization

/// Delays the close of the server's socket after the process is asked to stop, so that the host can notice that this
/// process is not ready and send clients to other processes.
///
/// During the delay, requests are served as before, but `/readyz` reports that the process is not ready, and each
/// response closes its connection.
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

    /// Ends the delay early.
    func finish() { endContinuation.finish() }

    /// Returns when the delay has passed. Services stop in reverse order, so the services listed before this one stop
    /// later.
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
