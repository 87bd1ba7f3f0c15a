public import Marketplace

/// One caller's claim to a command's reply.
public final class ExpectedReply: Sendable {
    public let id: CommandID
    /// What the command's `reply` says, so that the answer comes here.
    public let address: ReplyAddress
    private let ticket: UInt64
    private let waiters: ReplyWaiters

    init(id: CommandID, address: ReplyAddress, ticket: UInt64, waiters: ReplyWaiters) {
        self.id = id
        self.address = address
        self.ticket = ticket
        self.waiters = waiters
    }

    deinit { waiters.giveUp(ticket) }

    /// The reply, or nil when none came until then or the task was cancelled. Waits once: later calls give what the
    /// first gave, or what has come since.
    public func wait(until deadline: ContinuousClock.Instant) async -> Reply? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiters.wait(ticket, until: deadline, continuation)
                // A handler that ran before the continuation was there found nothing to resume.
                if Task.isCancelled { waiters.endWait(ticket) }
            }
        } onCancel: {
            waiters.endWait(ticket)
        }
    }
}
