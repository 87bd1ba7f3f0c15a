public import Marketplace

/// The names of all keys. What one script touches shares a hash tag (the part in braces), so that a cluster would keep
/// it on one node.
public struct Keys: Sendable, Hashable {
    public let prefix: String

    public init(prefix: String = "gittix") { self.prefix = prefix }

    /// Stream: work to do. Entries are deleted with their ack, so its length is the backlog.
    public func commands(_ service: Service) -> String { "\(prefix):commands:{\(service.rawValue)}" }

    /// Sorted set: work put off, by due time in ms.
    public func later(_ service: Service) -> String { "\(prefix):later:{\(service.rawValue)}" }

    /// Sorted set: which of a source's events `service` has put off, by their stream id. They hold the source's
    /// low-water mark until they are settled.
    public func later(_ service: Service, from source: Service) -> String {
        "\(later(service)):from:\(source.rawValue)"
    }

    /// Stream: what happened.
    public func events(_ service: Service) -> String { "\(prefix):events:{\(service.rawValue)}" }

    /// String: a word that the stream's followers set where there is none. It goes with Redis' data, and comes back as
    /// another: by that they know that the stream is not the one which they have read, also when it is filled again.
    public func incarnation(ofEvents service: Service) -> String { "\(events(service)):incarnation" }

    /// Stream: entries given up on, with why.
    public func dead(_ service: Service) -> String { "\(prefix):dead:{\(service.rawValue)}" }

    /// String: since when, in ms, and by whom the service's pool is paused.
    public func paused(_ service: Service) -> String { "\(prefix):paused:{\(service.rawValue)}" }

    /// String: how often entries were given back to the service's pool, so that its workers look for them at once.
    public func returned(_ service: Service) -> String { "\(prefix):returned:{\(service.rawValue)}" }

    /// Sorted set: order id by due time in ms.
    public var deadlines: String { "\(prefix):deadlines:{\(Service.expiration.rawValue)}" }

    /// Stream: replies for one process.
    public func replies(_ instance: String) -> String { "\(prefix):replies:{\(instance)}" }

    /// Hash with a time to live: a worker's heartbeat.
    public func worker(_ consumer: String) -> String { "\(prefix):worker:\(consumer)" }
}
