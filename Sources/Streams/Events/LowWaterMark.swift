/// The progress of the followers of an event stream.
public struct LowWaterMark: Sendable, Hashable {
    /// All followers have settled each event up to this id. The outbox may drop these, and after a loss of Redis events
    /// are published again from here. A deferred event holds the mark back.
    public let settled: StreamID
    /// All followers have acknowledged each entry up to this id, so the stream can be trimmed. Never less than
    /// `settled`: a deferred event has a copy elsewhere, and does not keep the stream from being trimmed.
    public let read: StreamID
}
