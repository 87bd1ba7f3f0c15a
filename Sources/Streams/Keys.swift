public import Marketplace

/// The names of the Redis keys, except for those of the API's counters (`commands-of`, `guesses` and `limit`). Keys
/// that one script uses share a hash tag (the part in braces), so that a cluster would keep them on one node.
public struct Keys: Sendable, Hashable {
    public let prefix: String

    public init(prefix: String = "gittix") { self.prefix = prefix }

    /// Stream: the service's command stream. Entries are deleted when they are acknowledged, so its length is the
    /// backlog.
    public func commands(_ service: ServiceName) -> String { "\(prefix):commands:{\(service.rawValue)}" }

    /// Sorted set: deferred entries, by due time in ms.
    public func deferred(_ service: ServiceName) -> String { "\(prefix):later:{\(service.rawValue)}" }

    /// Sorted set: stream ids of the source's events that `service` has deferred. They hold back the source's low-water
    /// mark until they are settled.
    public func deferred(_ service: ServiceName, from source: ServiceName) -> String {
        "\(deferred(service)):from:\(source.rawValue)"
    }

    /// Stream: the service's event stream.
    public func events(_ service: ServiceName) -> String { "\(prefix):events:{\(service.rawValue)}" }

    /// Hash: the followers that were moved off the event stream because entries that they need were trimmed, each with
    /// the number of the last outbox row that it was given.
    public func gaps(ofEvents service: ServiceName) -> String { "\(events(service)):gaps" }

    /// Stream: outbox rows for a follower that was moved off the event stream, at most two pages.
    public func catchUp(_ service: ServiceName, to follower: String) -> String { "\(events(service)):to:\(follower)" }

    /// Hash: for each follower that is being backfilled, the last fact that was delivered.
    public func backfills(ofEvents service: ServiceName) -> String { "\(events(service)):backfills" }

    /// String: the reason why the service's events are not published until an operator acts.
    public func publishingStop(_ service: ServiceName) -> String { "\(events(service)):stopped" }

    /// String: never set. To test whether Redis accepts writes, an API process sends `SET … XX`, which changes nothing.
    public var writeProbe: String { "\(prefix):write-probe" }

    /// String: a random word that the stream's followers set if there is none.
    ///
    /// If Redis loses its data, this word is lost too, and the next word differs. So followers detect a new stream,
    /// even if it was filled again.
    public func incarnation(ofEvents service: ServiceName) -> String { "\(events(service)):incarnation" }

    /// Stream: dead letters, with the reason of each.
    public func deadLetters(_ service: ServiceName) -> String { "\(prefix):dead:{\(service.rawValue)}" }

    /// String: the time at which the service was paused, in ms, and the operator who paused it.
    public func paused(_ service: ServiceName) -> String { "\(prefix):paused:{\(service.rawValue)}" }

    /// String: the number of times that workers have released entries of the service. When it increases, the other
    /// workers claim the entries immediately.
    public func releaseCount(_ service: ServiceName) -> String { "\(prefix):returned:{\(service.rawValue)}" }

    /// Hash: the entries that may end their process, by stream and id (`commands:orders:1-0`), each with the number of
    /// processes that have begun to handle it alone and have not finished.
    public func inHandNotes(_ service: ServiceName) -> String { "\(prefix):in-hand:{\(service.rawValue)}" }

    /// Sorted set: the subjects of a service's timers of one kind, by due time in ms.
    public func timers(_ name: TimerName) -> String {
        "\(prefix):timers:{\(name.service.rawValue)}:\(name.kind.rawValue)"
    }

    /// String: a random word, by which the owner's sweep detects that Redis has lost the timers.
    public func incarnation(ofTimers name: TimerName) -> String { "\(timers(name)):incarnation" }

    /// Sorted set: order ids, by the end of their hold in ms. Only the previous build sets them.
    public var previousBuildTimers: String { "\(prefix):deadlines:{\(ServiceName.expiration.rawValue)}" }

    /// Stream: replies to one process.
    public func replies(_ instance: String) -> String { "\(prefix):replies:{\(instance)}" }

    /// Hash with a time to live: a running worker.
    public func worker(_ consumer: String) -> String { "\(prefix):worker:\(consumer)" }
}
