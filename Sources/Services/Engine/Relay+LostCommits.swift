import Logging
import Marketplace
import Storage
import Streams

// Handles a stream that contains events that the outbox does not have.
extension Relay {
    /// Maximum number of events that a failover can lose. A database that lacks more is taken for an old backup.
    static let maxLostEvents: Int64 = 5000

    /// Continues after the end of the stream, although the database has lost commits that were published, as after a
    /// failover to an asynchronous replica. No row is dropped: a row with the number of a lost event gets a new number.
    ///
    /// - Throws: ``RestoredDatabase`` if the database belongs to another installation, or has lost too many events.
    func continueAfterLoss(streamEnd end: StreamID, lastSettledID: Int64) async throws -> Position {
        let last = try await outbox.lastID(on: pool)
        let through = Int64(clamping: end.outboxID)
        guard through - max(last, lastSettledID) <= Self.maxLostEvents, try await outbox.isNotedInstallation(on: pool),
            let after = try await lastAgreement(through: through, lastRow: last, lastSettledID: lastSettledID),
            max(last, through) - after <= 2 * Self.maxLostEvents
        else { throw RestoredDatabase(service: service, streamEnd: end) }
        let renumbered = try await outbox.continueBeyond(.init(after: after, through: through), on: pool)
        logger.critical(
            """
            The database has lost commits whose events were published, as after a failover to an asynchronous replica. \
            Publishing continues after them. `gittix doctor` shows the facts that only followers still have
            """,
            metadata: [
                "stream": "\(service)", "after": "\(after)", "through": "\(through)", "renumbered": "\(renumbered)",
            ])
        return Position(streamEnd: end, outboxRow: through, event: nil)
    }

    /// Returns the last number up to which the outbox has the published events.
    private func lastAgreement(through: Int64, lastRow: Int64, lastSettledID: Int64) async throws -> Int64? {
        var agreed = min(lastSettledID, lastRow)
        var position = StreamID(outbox: UInt64(max(min(lastRow, through) - Self.maxLostEvents - 1, 0)))
        while true {
            let entries = try await stream.entries(after: position, limit: 1000)
            guard let first = entries.first, let last = entries.last, Int64(clamping: first.id.outboxID) <= lastRow
            else { return agreed }
            let range = Int64(clamping: first.id.outboxID)...Int64(clamping: last.id.outboxID)
            let events = try await outbox.events(range, on: pool)
            for entry in entries {
                let row = Int64(clamping: entry.id.outboxID)
                // Another relay has published the rest since then.
                guard row <= through else { return agreed }
                guard let event = events[row] else { continue }
                // Rows from here on have the numbers of lost events.
                guard event == entry.event?.uuid else { return min(agreed, row - 1) }
                agreed = max(agreed, row)
            }
            position = last.id
        }
    }
}
