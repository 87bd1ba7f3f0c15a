import Marketplace
import PostgresClient
import Storage

/// The outcome of a slice of work.
enum SliceOutcome: Hashable {
    /// The work has ended, another worker has it, or only a newer build knows its kind.
    case unavailable
    /// The slice has changed something. There may be more to do.
    case progressed
    /// There was nothing to do beyond the subjects that were left out.
    case idle
    /// There was nothing more to do, and the work has ended.
    case ended
    case deferred(reason: String)
}

extension BatchProcessor {
    /// Decides and commits one slice of work.
    ///
    /// The row of the work is locked first, so that only one worker at a time does the work. The transaction that finds
    /// nothing more to do deletes the row. A slice that is interrupted has changed nothing and is done again.
    func perform(_ slice: WorkSlice) async throws -> SliceOutcome {
        guard let event = handler.event(slice) else { return .unavailable }
        do {
            return try await committing {
                try await pool.withTransaction { transaction in
                    guard try await storage.work.lock(slice.work, in: transaction) else { return (.unavailable, nil) }
                    let (state, events) = try await decide(
                        [.event(EventHead(id: .new(), version: 0, at: clock()), event)], sliceOf: slice.work,
                        requiresDecision: true, in: transaction)
                    let changes = handler.work(of: state)
                    let hasProgressed = events > 0 || changes.progressed.contains(slice.work)
                    let outcome: SliceOutcome =
                        changes.ended.contains(slice.work) ? .ended : hasProgressed ? .progressed : .idle
                    return (outcome, state)
                }
            }
        } catch let error as UndecidedMessage {
            return .deferred(reason: error.reason)
        }
    }
}
