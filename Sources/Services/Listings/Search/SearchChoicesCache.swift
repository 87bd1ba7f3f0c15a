import PostgresClient
import Synchronization

/// Keeps the choices of a search, and reads them again in the background once a minute has passed.
final class SearchChoicesCache: Sendable {
    private struct State {
        var value: SearchChoices?
        var readAt = ContinuousClock.now
        var isReading = false
    }

    private let pool: PostgresPool
    private let state = Mutex(State())
    private static let maxAge: Duration = .seconds(60)

    init(_ pool: PostgresPool) { self.pool = pool }

    /// Returns the choices. Only the first call waits for them. Empty if they can't be read.
    func value() async -> SearchChoices {
        let (value, isDue) = state.withLock { state in
            let isDue = !state.isReading && (state.value == nil || state.readAt + Self.maxAge < .now)
            if isDue { state.isReading = true }
            return (state.value, isDue)
        }
        guard isDue else { return value ?? SearchChoices() }
        let reading = Task.detached { await self.read() }
        if let value { return value }
        return await reading.value
    }

    private func read() async -> SearchChoices {
        let read = try? await SearchChoices.read(from: pool)
        return state.withLock { state in
            state.isReading = false
            state.readAt = .now
            // An equal value is not replaced, so that comparing it with the one of a cached page takes no time.
            if let read, read != state.value { state.value = read }
            return state.value ?? SearchChoices()
        }
    }
}
