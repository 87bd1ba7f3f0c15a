import Synchronization

/// Keeps a value, and reads it again in the background once it is older than a maximum age.
package final class RefreshedRead<Value: Equatable & Sendable>: Sendable {
    private struct State {
        var value: Value?
        var readAt = ContinuousClock.now
        var isReading = false
    }

    private let state = Mutex(State())
    private let maxAge: Duration
    private let empty: Value
    private let read: @Sendable () async throws -> Value

    /// - Parameters:
    ///   - empty: The value until a read has succeeded.
    ///   - read: The read. It must have its own deadline.
    package init(maxAge: Duration, empty: Value, read: @escaping @Sendable () async throws -> Value) {
        self.maxAge = maxAge
        self.empty = empty
        self.read = read
    }

    /// Returns the value. Until a read has succeeded, a call starts a read and waits for it, or returns `empty` if one
    /// is running.
    package func value() async -> Value {
        let (value, isDue) = state.withLock { state in
            let isDue = !state.isReading && (state.value == nil || state.readAt + maxAge < .now)
            if isDue { state.isReading = true }
            return (state.value, isDue)
        }
        guard isDue else { return value ?? empty }
        let reading = Task.detached { await self.refresh() }
        if let value { return value }
        return await reading.value
    }

    private func refresh() async -> Value {
        let new = try? await read()
        return state.withLock { state in
            state.isReading = false
            state.readAt = .now
            // If the new value is equal, the old value is kept: comparing it with a cached page's value then takes no
            // time.
            if let new, new != state.value { state.value = new }
            return state.value ?? empty
        }
    }
}
