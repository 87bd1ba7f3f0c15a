/// The progress of the followers of an event stream.
public struct LowWaterMark: Sendable, Hashable {
    /// All followers have settled each event up to this id. The outbox may drop these, and after a loss of Redis events
    /// are published again from here. A deferred event holds the mark back.
    public let settled: StreamID
    /// All followers on the stream have acknowledged each entry up to this id, so the stream can be trimmed. A deferred
    /// event has a copy elsewhere, and a follower that was moved off the stream reads the outbox: neither holds it
    /// back.
    public let read: StreamID
}
