public import Logging
public import Marketplace
public import RedisClient
import Synchronization

/// Follows a service's events without a group: every process reads all of them, and does not delay their trimming.
///
/// It misses events that are trimmed while it cannot read. So it is only for copies that are filled from the owner's
/// state, and `lastSuccessfulRead` shows when they may be outdated.
public final class EventFollower: Sendable {
    public let service: ServiceName
    private let blocking: RedisClient
    private let key: String
    private let incarnationKey: String
    private let logger: Logger
    private let readAt = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter blocking: A client of role `.blocking`, used by this follower alone. If it is a shared client, the
    ///   follower polls.
    public init(service: ServiceName, blocking: RedisClient, keys: Keys, logger: Logger) {
        self.service = service
        self.blocking = blocking
        key = keys.events(service)
        incarnationKey = keys.incarnation(ofEvents: service)
        self.logger = logger
    }

    /// The start of the last read that reached the end of the stream, or `nil` before the first.
    public var lastSuccessfulRead: ContinuousClock.Instant? { readAt.withLock { $0 } }

    /// Calls `handle` with the events after `position` as they come, in order, until the task is cancelled. Malformed
    /// events are skipped and logged.
    ///
    /// - Parameter resumed: Called when the follower can read again after Redis was unavailable or had lost the stream.
    ///   The follower may have missed events.
    public func run(
        after position: StreamID, resumed: @Sendable () async -> Void = {},
        _ handle: @Sendable ([StreamEvent]) async -> Void
    ) async {
        var position = position
        var incarnation: String?
        var wasInterrupted = false
        while !Task.isCancelled {
            do {
                let started = ContinuousClock.now
                let (found, current) = try await read(after: position)
                if wasInterrupted {
                    wasInterrupted = false
                    await resumed()
                }
                let events = found.compactMap(event)
                if !events.isEmpty { await handle(events) }
                let isAnother = incarnation != nil && current != incarnation
                let next = if let last = found.last { last.id } else { try await checked(position) }
                wasInterrupted = next < position || isAnother
                // The relay may have filled the new stream beyond the position with events that were never read.
                position = isAnother ? .zero : next
                if current == nil { try await nameIncarnation() }
                incarnation = current
                // Set after the handler, because it shows that the copy is fresh.
                if found.count < Self.count { readAt.withLock { $0 = started } }
            } catch {
                guard !Task.isCancelled else { return }
                wasInterrupted = true
                logger.warning("Could not read events; retrying", metadata: ["of": "\(service)", "error": "\(error)"])
                // If the sleep is cancelled, the loop ends.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Returns the position, or zero if the stream ends before it. Then the stream was lost or reset, and is filled
    /// again.
    private func checked(_ position: StreamID) async throws -> StreamID {
        let end = try await StreamInfo.read(key, by: blocking)?.lastGeneratedID ?? .zero
        return end < position ? .zero : position
    }

    private static let count = 1000

    /// Returns the next entries, and the stream's incarnation after they were read.
    private func read(
        after position: StreamID
    ) async throws -> (entries: [(id: StreamID, fields: StreamFields)], incarnation: String?) {
        // Short, so that an outdated copy is detected soon.
        let replies = try await blocking.read(
            RedisCommand("XREAD", "COUNT", Self.count), streams: [key, position.description], wait_ms: 250,
            with: [RedisCommand("GET", incarnationKey)], margin: .milliseconds(750))
        if let error = replies.compactMap(\.error).first {
            throw RedisError.server(error, during: "reading the events of \(service)")
        }
        return (try StreamReplyParser.onlyStream(replies[0]), replies[1].string)
    }

    /// Names the incarnation, if no other follower has done so. While Redis is out of memory, it gets no name, and the
    /// next loss may go unnoticed.
    private func nameIncarnation() async throws {
        let name = RedisCommand("SET", incarnationKey, InstanceName.make(), "NX")
        guard let error = try await blocking.pipeline([name])[0].error, !error.isOutOfMemory else { return }
        throw RedisError.server(error, during: "naming the incarnation of \(service)'s events")
    }

    private func event(_ entry: (id: StreamID, fields: StreamFields)) -> StreamEvent? {
        do throws(EnvelopeError) {
            return StreamEvent(id: entry.id, event: try EventEnvelope(entry.fields))
        } catch {
            logger.warning(
                "Skipped a malformed event", metadata: ["of": "\(service)", "id": "\(entry.id)", "error": "\(error)"])
            return nil
        }
    }
}
