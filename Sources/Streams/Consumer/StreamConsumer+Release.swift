import Logging
import Marketplace
import RedisClient

// Releases unhandled entries, so that other consumers can claim them at once.
extension StreamConsumer {
    /// Longer than any setting's idle time, so that a released entry can be claimed at once.
    private static let releasedIdle = Duration.seconds(86_400)

    /// Releases the batches and suspects that wait behind the batches in flight, so that other consumers can handle
    /// them now.
    func releaseReady() async {
        let waiting = Dictionary(grouping: ready.flatMap(\.entries) + suspects, by: \.source)
        (ready, suspects) = ([], [])
        do {
            try await release(waiting.map { ($0, $1.map(\.streamID)) }, idle: Self.releasedIdle)
        } catch {
            // `releaseAll` tries again at the end.
            logger.debug("Could not release waiting entries yet", metadata: ["error": "\(error)"])
        }
    }

    /// Releases entries as if they had not been delivered to this consumer.
    ///
    /// - Parameter idle: The idle time that the entries get in Redis.
    func release(_ entries: [(StreamSource, [StreamID])], idle: Duration) async throws {
        guard !entries.isEmpty else { return }
        let steps = entries.map { source, ids in
            Step.script(
                Scripts.release, keys: [source.key(keys)],
                arguments: [service.rawValue, name, idle.wholeMicroseconds / 1000] + ids.map(\.description))
        }
        let replies = try await redis.pipeline(steps + [countRelease])
        for reply in replies.dropLast() {
            if let error = reply.error, !error.isNoGroup { throw RedisError.server(error, during: "releasing entries") }
        }
    }

    /// Makes the other consumers poll for the released entries. If Redis is out of memory, they find the entries a
    /// little later.
    private var countRelease: Step { .command(RedisCommand("INCR", keys.releaseCount(service))) }

    /// Releases all entries, and deletes the consumer from the groups in which it has no pending entry.
    func releaseAll() async {
        dropAll()
        let idle = Self.releasedIdle.wholeMicroseconds / 1000
        let steps = sources.map {
            Step.script(Scripts.releaseAll, keys: [$0.key(keys)], arguments: [service.rawValue, name, idle])
        }
        do {
            _ = try await redis.pipeline(steps + [countRelease, .command(RedisCommand("DEL", keys.worker(name)))])
        } catch {
            logger.warning("Could not release entries; others will claim them later", metadata: ["error": "\(error)"])
        }
    }
}
