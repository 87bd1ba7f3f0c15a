public import Logging
public import Marketplace
public import RedisClient
import Synchronization

/// Follows a service's events without a group: every process reads all of them, and nobody waits for it.
///
/// What it missed while it was away for longer than the stream remembers is lost to it: it serves only copies that are
/// filled from the owner's state, and knows by `lastSuccessfulRead` when they may be old.
public final class EventFollower: Sendable {
    public let service: Service
    private let blocking: RedisClient
    private let key: String
    private let incarnationKey: String
    private let logger: Logger
    private let readAt = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter blocking: of role `.blocking`, and this follower's alone.
    public init(service: Service, blocking: RedisClient, keys: Keys, logger: Logger) {
        self.service = service
        self.blocking = blocking
        key = keys.events(service)
        incarnationKey = keys.incarnation(ofEvents: service)
        self.logger = logger
    }

    /// When Redis last answered with all there was, events or none. Nil before the first time.
    public var lastSuccessfulRead: ContinuousClock.Instant? { readAt.withLock { $0 } }

    /// Calls `handle` with the events after `position` as they come, in order, until its task is cancelled. What is no
    /// event is skipped, and logged.
    /// - Parameter resumed: called when it reads again after Redis could not be read, or had lost the stream: some events
    ///   may never come.
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
                let next = if let last = found.last { last.id } else { try await stillThere(position) }
                wasInterrupted = next < position || isAnother
                // Its relay may have filled it again up to here and beyond, with events that were never read.
                position = isAnother ? .zero : next
                if current == nil { try await nameIncarnation() }
                incarnation = current
                // After the handler: who looks at this asks whether the copy is fresh.
                if found.count < Self.count { readAt.withLock { $0 = started } }
            } catch {
                guard !Task.isCancelled else { return }
                wasInterrupted = true
                logger.warning("events can't be followed", metadata: ["of": "\(service)", "error": "\(error)"])
                // Cancelled: the loop's condition ends it.
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The position, or the beginning when the stream ends before it: it was lost, or started again, and is filled anew.
    private func stillThere(_ position: StreamID) async throws -> StreamID {
        let end = try await StreamInfo.read(key, by: blocking)?.lastGeneratedID ?? .zero
        return end < position ? .zero : position
    }

    private static let count = 1000

    /// The next entries, and the incarnation that the stream is in after they were read.
    private func read(
        after position: StreamID
    ) async throws -> (entries: [(id: StreamID, fields: StreamFields)], incarnation: String?) {
        let block = 250
        let commands = [
            RedisCommand("XREAD", "COUNT", Self.count, "BLOCK", block, "STREAMS", key, position.description),
            RedisCommand("GET", incarnationKey),
        ]
        // Short: an old copy must be known as old soon.
        let replies = try await blocking.pipeline(commands, timeout: .milliseconds(block + 750))
        if let error = replies.compactMap(\.error).first {
            throw RedisError.server(error, during: "following the events of \(service)")
        }
        return (try StreamReply.onlyStream(replies[0]), replies[1].string)
    }

    /// Whichever follower is first names it for all. Out of memory it stays without a name for a while, which hides no
    /// more than the next loss.
    private func nameIncarnation() async throws {
        let name = RedisCommand("SET", incarnationKey, InstanceName.make(), "NX")
        guard let error = try await blocking.pipeline([name])[0].error, !error.isOutOfMemory else { return }
        throw RedisError.server(error, during: "following the events of \(service)")
    }

    private func event(_ entry: (id: StreamID, fields: StreamFields)) -> StreamEvent? {
        do throws(EnvelopeError) {
            return StreamEvent(id: entry.id, event: try EventEnvelope(entry.fields))
        } catch {
            logger.warning(
                "an entry is no event", metadata: ["of": "\(service)", "id": "\(entry.id)", "error": "\(error)"])
            return nil
        }
    }
}
