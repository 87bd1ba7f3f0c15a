/// The smallest progress of all followers of an event stream.
public struct LowWaterMark: Sendable, Hashable {
    /// All followers have settled each event up to this id. The outbox may drop these events. After a loss of Redis,
    /// publishing starts again after this id. A deferred event holds the mark back.
    public let settled: StreamID
    /// All followers on the stream have acknowledged each entry up to this id, so the stream can be trimmed. A deferred
    /// event has a copy elsewhere, and a follower that was moved off the stream gets its rows from the outbox, so
    /// neither holds this mark back.
    public let read: StreamID
}

extension LowWaterMark {
    /// The low-water mark of a stream with this progress: the stream's end if it has no followers.
    public init(of progress: StreamProgress) {
        let onStream = progress.followers.filter { !$0.isCatchingUp }
        self.init(
            settled: progress.followers.map(\.settled).min() ?? progress.end,
            read: onStream.map(\.read).min() ?? progress.end)
    }
}
