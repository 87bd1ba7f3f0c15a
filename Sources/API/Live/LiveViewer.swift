import Marketplace

/// The client of a stream.
struct LiveViewer: Sendable {
    /// The client's address from ``ClientAddress``. Limits count the streams of each address.
    var address: String
    /// `nil` if not signed in.
    var requester: Requester?
    /// The region and time zone. Watchers with equal visitors share the bytes of a fragment.
    var visitor: Visitor
}
