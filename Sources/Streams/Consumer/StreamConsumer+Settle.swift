import Logging
import Marketplace
import RedisClient

extension StreamConsumer {
    /// Carries out the outcomes of a batch: one for each entry, in the order of the entries.
    ///
    /// Retries while Redis is unavailable. If Redis stays unavailable and the consumer stops, the entries are delivered
    /// again, and answered from the inbox rows.
    public func settle(_ batch: Batch, _ outcomes: [EntryOutcome]) async throws {
        let settlement = Settlement(
            of: batch, outcomes: outcomes, service: service, consumer: name, keys: keys, settings: settings, now: .now()
        )
        defer { drop(batch) }
        var attempts = 0
        while true {
            do {
                // Committed commands are answered even if this task is cancelled.
                try await Task { try await self.carryOut(settlement) }.value
                break
            } catch let error as RedisError where error.isUnavailable {
                attempts += 1
                guard isRunning || attempts < 3 else { throw error }
                // If the sleep is cancelled, the guard ends the loop.
                try? await Task.sleep(for: min(.milliseconds(5 << min(attempts, 10)), .milliseconds(500)))
            }
        }
        doneCount += batch.entries.count
        guard let due = settlement.soonestDue, clock.now + due < nextDuePoll else { return }
        nextDuePoll = clock.now + due
        wakeups.poller.notify()
    }

    private func carryOut(_ settlement: Settlement) async throws {
        let replies = try await redis.pipeline(settlement.steps)
        // A server that is loading its data rejects every command.
        let errors = replies.compactMap(\.error).filter { !$0.isOutOfMemory }
        if let error = errors.map({ RedisError.server($0, during: "settling") }).first(where: \.isUnavailable) {
            throw error
        }
        let followUps = settlement.followUps.filter { $0.isDue(after: replies) }.map(\.command)
        let laterReplies = try await redis.pipeline(followUps)
        note(rejections: (replies + laterReplies).compactMap(\.error))
        // These entries could not be moved because Redis is out of memory. Their delivery must not count.
        let staying = settlement.leaving.filter { replies[$0.step].error?.isOutOfMemory == true }
        guard !staying.isEmpty else { return }
        try await release(
            staying.map { ($0.source, $0.ids) }, idle: max(settings.claimIdle - settings.outOfMemoryPause, .zero))
    }

    /// Logs commands that Redis rejected. Their entries are delivered again. If only a reply is missing, it is in the
    /// inbox.
    private func note(rejections errors: [RedisReplyError]) {
        guard let first = errors.first else { return }
        if errors.contains(where: \.isNoGroup) { groupsExist = false }
        logger.error(
            "Redis rejected part of a settlement",
            metadata: ["commands": .stringConvertible(errors.count), "first": "\(first)"])
    }
}
