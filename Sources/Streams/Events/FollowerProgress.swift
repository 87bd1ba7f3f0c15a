/// The progress of one follower of an event stream.
public struct FollowerProgress: Sendable, Hashable {
    /// The name of its group.
    public let name: String
    public let hasGroup: Bool
    /// True if it was moved off the stream, and gets the rows that it needs from the outbox.
    public let isCatchingUp: Bool
    /// The id up to which it has acknowledged each event that it was given. Zero if it has read nothing.
    public let read: StreamID
    /// The id up to which it has settled each event. It is less than `read` if the follower has deferred an event.
    public let settled: StreamID
}
