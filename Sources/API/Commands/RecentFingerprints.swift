import Marketplace
import Synchronization

/// What the `Idempotency-Key`s of the last minutes stood for, in this process.
///
/// A reply names its command alone. When a key is used twice within moments, the reply to the first use may be taken for
/// that of the second; as long as both are the same request that is right, and here is seen when they are not.
final class RecentFingerprints: Sendable {
    private struct State {
        var current: [CommandID: String] = [:]
        var previous: [CommandID: String] = [:]
        var since = ContinuousClock.now
    }

    /// Longer than any reply is on its way.
    private static let generation = Duration.seconds(120)
    private static let limit = 20_000

    private let state = Mutex(State())

    /// Notes a use. Whether the id stood for another request a moment ago.
    func isReused(_ id: CommandID, for fingerprint: String, now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            if now - state.since > Self.generation || state.current.count >= Self.limit {
                (state.previous, state.current, state.since) = (state.current, [:], now)
            }
            if let known = state.current[id] ?? state.previous[id], known != fingerprint { return true }
            state.current[id] = fingerprint
            return false
        }
    }
}
