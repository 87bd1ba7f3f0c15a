/// Lets the batches of all consumers of a process run at the same time. An entry that may end the process runs alone.
///
/// So if the process ends while it handles that entry, no entry of another service is blamed. After each entry that ran
/// alone, all waiting batches run before the next such entry.
public actor HandlingGate {
    /// Number of batches that are being handled.
    private var running = 0
    private(set) var isAlone = false
    private(set) var waitingAlone = 0
    private(set) var waitingTogether = 0
    /// Number of waiting batches that run before the next entry that is handled alone.
    private var passes = 0
    private let changed = Wakeup()

    public init() {}

    /// Handles a batch while no entry is handled alone.
    ///
    /// - Throws: The handler's error, or `CancellationError` if the task is cancelled while it waits.
    func together<Value: Sendable>(_ handle: @Sendable () async throws -> Value) async throws -> Value {
        if isAlone || waitingAlone > 0 { try await waitForOthers() }
        running += 1
        defer {
            running -= 1
            if running == 0 { changed.notify() }
        }
        return try await handle()
    }

    /// Waits until no entry is handled alone, and no earlier entry waits to be handled alone.
    private func waitForOthers() async throws {
        waitingTogether += 1
        defer {
            waitingTogether -= 1
            passes = min(passes, waitingTogether)
            // The last batch that runs before a waiting entry may have been cancelled.
            if passes == 0 { changed.notify() }
        }
        while isAlone || (waitingAlone > 0 && passes == 0) {
            await changed.wait()
            try Task.checkCancellation()
        }
    }

    /// Handles an entry while nothing else is handled.
    ///
    /// - Throws: The handler's error, or `CancellationError` if the task is cancelled while it waits.
    func alone<Value: Sendable>(_ handle: @Sendable () async throws -> Value) async throws -> Value {
        try await waitForAll()
        isAlone = true
        defer {
            isAlone = false
            passes = waitingTogether
            changed.notify()
        }
        return try await handle()
    }

    private func waitForAll() async throws {
        waitingAlone += 1
        defer {
            waitingAlone -= 1
            // If this entry was cancelled, the batches that waited for it can run.
            changed.notify()
        }
        while isAlone || running > 0 || passes > 0 {
            await changed.wait()
            try Task.checkCancellation()
        }
    }
}
