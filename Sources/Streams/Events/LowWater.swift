/// How far the followers of an event stream have come.
public struct LowWater: Sendable, Hashable {
    /// Each event up to this id is settled by all: it may be dropped from the outbox, and after a loss of Redis events
    /// are published again from here. An event that is put off holds it.
    public let settled: StreamID
    /// Each entry up to this id is acked by all, so the stream needs it no more. Never less than `settled`: what is put
    /// off has a copy elsewhere, and must not keep the stream from being trimmed.
    public let read: StreamID
}
