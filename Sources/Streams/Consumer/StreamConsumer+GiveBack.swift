import Logging
import Marketplace
import RedisClient

extension StreamConsumer {
    /// Gives back what waits for the batch in hand, so that others need not wait for that as well.
    func giveBackReady() async {
        let waiting = Dictionary(grouping: ready.flatMap(\.entries), by: \.source)
        ready = []
        do {
            try await giveBack(waiting.map { ($0, $1.map(\.streamID)) }, idle: Self.longIdle)
        } catch {
            // What is left is handed back at the end once more.
            logger.debug("what waits could not be given back yet", metadata: ["error": "\(error)"])
        }
    }

    /// Older than any setting's idle time.
    static let longIdle = Duration.seconds(86_400)

    func giveBack(_ entries: [(StreamSource, [StreamID])], idle: Duration) async throws {
        guard !entries.isEmpty else { return }
        let steps = entries.map { source, ids in
            Step.script(
                Scripts.giveBack, keys: [source.key(keys)],
                arguments: [service.rawValue, name, idle.wholeMicroseconds / 1000] + ids.map(\.description))
        }
        let replies = try await redis.pipeline(steps + [tellOfReturns])
        for reply in replies.dropLast() {
            if let error = reply.error, !error.isNoGroup { throw RedisError.server(error, during: "giving back") }
        }
    }

    /// After entries were given back. Without memory for it they are found a little later.
    var tellOfReturns: Step { .command(RedisCommand("INCR", keys.returned(service))) }
}
