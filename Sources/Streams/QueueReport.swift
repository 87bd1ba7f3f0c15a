public import Marketplace

/// The state of one service's queues at one moment.
public struct QueueReport: Sendable, Hashable, Codable {
    /// A reader of the command stream.
    public struct Consumer: Sendable, Hashable, Codable {
        public let name: String
        /// Entries that it has received and not settled.
        public let pending: Int
        /// Milliseconds since its last command to Redis. `nil` if it has not read yet.
        public let idleMilliseconds: Int?
        /// False if no worker with this name runs any more. `nil` if this was not checked.
        public var isRunning: Bool?
    }

    /// A reader of the event stream.
    public struct Follower: Sendable, Hashable, Codable {
        public let service: String
        /// False if it is catching up, or if it has read nothing because none of its workers has run yet.
        public let hasGroup: Bool
        /// True if it is behind the event stream, and gets the rows from the outbox.
        public let isCatchingUp: Bool
        /// Entries that it has not received yet, or `nil` if Redis does not know. If it is catching up, this is the
        /// difference of the row numbers, which may have gaps.
        public let lag: Int?
        /// Entries that it has received and not settled.
        public let pending: Int

        // The names in the JSON of `gittix queues --json` are a contract, so they have not changed.
        private enum CodingKeys: String, CodingKey {
            case service, hasGroup
            case isCatchingUp = "catchingUp"
            case lag, pending
        }
    }

    public let service: ServiceName
    /// `nil` if the service is not paused.
    public let paused: Pauses.Pause?
    /// Entries in the command stream, including entries in flight.
    public let backlog: Int
    /// Number of entries in the command stream that no worker has received yet.
    public let undelivered: Int
    /// Age of the oldest entry by Redis's clock, or `nil` if the command stream is empty.
    public let oldestMilliseconds: Int?
    /// Number of entries in the command stream that workers have received and not settled.
    public let pending: Int
    public private(set) var consumers: [Consumer]
    /// Deferred entries.
    public let deferred: Int
    /// Dead letters.
    public let deadLetters: Int
    /// Entries in the service's event stream.
    public let events: Int
    /// The declared followers, then any other groups of the stream.
    public let followers: [Follower]
    /// The service's timers, in the order of their declaration.
    public let timers: [TimerReport]

    /// Returns the report with all running workers, including workers that have not read yet, and with other consumers
    /// only if they hold entries.
    public func listing(running names: [String]) -> QueueReport {
        var report = self
        report.consumers = consumers.compactMap { consumer in
            var consumer = consumer
            consumer.isRunning = names.contains(consumer.name)
            return consumer.isRunning == true || consumer.pending > 0 ? consumer : nil
        }
        let known = Set(consumers.map(\.name))
        report.consumers += names.filter { !known.contains($0) }.sorted()
            .map { Consumer(name: $0, pending: 0, idleMilliseconds: nil, isRunning: true) }
        return report
    }

    // The names in the JSON of `gittix queues --json` are a contract, so they have not changed.
    private enum CodingKeys: String, CodingKey {
        case service, paused, backlog, undelivered, oldestMilliseconds, pending, consumers
        case deferred = "putOff"
        case deadLetters = "dead"
        case events, followers, timers
    }
}
