/// The progress of the followers of an event stream.
public struct LowWaterMark: Sendable, Hashable {
    /// All followers have settled each event up to this id. The outbox may drop these events. After a loss of Redis,
    /// publishing starts again after this id. A deferred event holds the mark back.
    public let settled: StreamID
    /// All followers on the stream have acknowledged each entry up to this id, so the stream can be trimmed. A deferred
    /// event has a copy elsewhere, and a follower that was moved off the stream gets its rows from the outbox, so
    /// neither holds this mark back.
    public let read: StreamID
}
