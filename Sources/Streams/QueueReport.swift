public import Marketplace

/// How one service's queues stand, as one script saw them.
public struct QueueReport: Sendable, Hashable, Codable {
    /// Who reads the inbox.
    public struct Consumer: Sendable, Hashable, Codable {
        public let name: String
        /// Entries that it was given and has not settled.
        public let pending: Int
        /// Since it last asked Redis for anything.
        public let idleMilliseconds: Int
    }

    /// Who reads the event stream.
    public struct Follower: Sendable, Hashable, Codable {
        public let service: String
        /// False of a declared follower none of whose workers has run yet: it has read nothing.
        public let hasGroup: Bool
        /// Entries that it was not given yet; nil when Redis can't tell.
        public let lag: Int?
        public let pending: Int
    }

    public let service: Service
    /// Nil of a pool that works.
    public let paused: Pauses.Pause?
    /// Entries in the inbox, those being handled included.
    public let backlog: Int
    /// Of these, those that no worker was given yet.
    public let undelivered: Int
    /// The age of the inbox's oldest entry, by Redis's clock; nil when the inbox is empty.
    public let oldestMilliseconds: Int?
    public let pending: Int
    public let consumers: [Consumer]
    public let putOff: Int
    public let dead: Int
    /// Entries in the service's event stream.
    public let events: Int
    /// The declared ones first, then what other groups somebody has made.
    public let followers: [Follower]
}
