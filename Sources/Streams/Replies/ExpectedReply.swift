public import Marketplace

/// One caller's registration for a command's reply.
public final class ExpectedReply: Sendable {
    public let id: CommandID
    /// The value for the command's `reply`: the service sends the reply to this address.
    public let address: ReplyAddress
    private let waiter: UInt64
    private let waiters: ReplyWaiters

    init(id: CommandID, address: ReplyAddress, waiter: UInt64, waiters: ReplyWaiters) {
        self.id = id
        self.address = address
        self.waiter = waiter
        self.waiters = waiters
    }

    deinit { waiters.remove(waiter) }

    /// Returns the reply, or `nil` at the deadline or if the task is cancelled. A later call returns the same reply, or
    /// a reply that has come since.
    public nonisolated(nonsending) func wait(until deadline: ContinuousClock.Instant) async -> Reply? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.wait(waiter, until: deadline, continuation)
                // If the task was cancelled before the line above, `onCancel` has found nothing to resume.
                if Task.isCancelled { waiters.endWait(waiter) }
            }
        } onCancel: {
            waiters.endWait(waiter)
        }
    }
}
