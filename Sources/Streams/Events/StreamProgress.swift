/// The extent of an event stream, and the progress of its followers.
public struct StreamProgress: Sendable, Hashable {
    /// The greatest id that the stream ever had.
    public let end: StreamID
    /// The id of the first entry, or `nil` if there is none.
    public let first: StreamID?
    public let followers: [FollowerProgress]

    /// Returns the progress of some of the followers.
    public func filter(_ isIncluded: (FollowerProgress) -> Bool) -> StreamProgress {
        StreamProgress(end: end, first: first, followers: followers.filter(isIncluded))
    }
}
