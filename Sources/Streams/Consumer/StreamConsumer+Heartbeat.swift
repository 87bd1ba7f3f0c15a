import Logging
import Marketplace
import RedisClient

// Keeps other consumers from claiming the entries that this consumer holds, and shows that the worker runs.
extension StreamConsumer {
    /// Renews the leases of all in-flight batches, even between retries. Ends when no handler is working.
    func startHeartbeat() {
        guard heartbeatTask == nil else { return }
        heartbeatTask = Task {
            while (try? await Task.sleep(for: settings.heartbeatInterval)) != nil, isWorking {
                do {
                    try await heartbeat()
                } catch {
                    // No consumer can claim entries while Redis is unavailable. A consumer that claims them later finds
                    // the inbox rows.
                    logger.debug("Heartbeat failed", metadata: ["error": "\(error)"])
                }
            }
            heartbeatTask = nil
        }
    }

    /// Renews the leases of all held entries, and returns the entries that others have taken. A taken entry that waits
    /// is dropped; if it is in flight, the work on its batch is cancelled.
    @discardableResult
    func heartbeat() async throws -> [StreamSource: Set<StreamID>] {
        let held = heldIDs.sorted { $0.key.description < $1.key.description }
        let steps = held.map { source, ids in
            Step.script(
                Scripts.heartbeat, keys: [source.key(keys)],
                arguments: [service.rawValue, name] + ids.sorted().map(\.description))
        }
        let count = inFlight.reduce(0) { $0 + $1.batch.entries.count }
        let replies = try await redis.pipeline(steps + presenceSteps(handling: count))
        nextHeartbeat = clock.now + settings.heartbeatInterval
        var lost: [StreamSource: Set<StreamID>] = [:]
        for ((source, ids), reply) in zip(held, replies) {
            if let error = reply.error {
                // The group no longer exists, so the consumer no longer holds entries of this source.
                guard error.isNoGroup else { throw RedisError.server(error, during: "the heartbeat for \(source)") }
                groupsExist = false
                lost[source] = ids
                continue
            }
            let taken = (reply.array ?? []).compactMap { $0.string.flatMap { StreamID($0) } }
            if !taken.isEmpty { lost[source] = Set(taken) }
        }
        if !lost.isEmpty {
            ready = ready.compactMap { $0.without(lost) }
            suspects.removeAll { lost[$0.source]?.contains($0.streamID) == true }
            note(taken: lost)
            wakeups.reader.notify()
        }
        return lost
    }

    /// Renews the leases of waiting entries if a heartbeat is due. Many short batches can take as long as one long
    /// batch, and the heartbeat task may end between them.
    func heartbeatIfDue() async throws {
        if !ready.isEmpty || !suspects.isEmpty, clock.now >= nextHeartbeat { try await heartbeat() }
    }

    /// Returns the steps that renew the hash in which operators see this worker. No logic depends on that hash.
    func presenceSteps(handling count: Int) -> [Step] {
        nextPresence = clock.now + settings.heartbeatInterval
        let key = keys.worker(name)
        return [
            .command(
                RedisCommand(
                    "HSET", key, "pool", service.rawValue, "since", startedAt.description, "batch", count, "done",
                    doneCount)),
            .command(RedisCommand("PEXPIRE", key, settings.workerExpiry.wholeMicroseconds / 1000)),
        ]
    }
}
