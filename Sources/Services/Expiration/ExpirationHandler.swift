import Engine
import FoundationEssentials
import Marketplace
import Streams

/// Arms and disarms the deadlines of unpaid orders.
///
/// Repeated or reordered events do no harm: a deadline that should not exist fires, and the orders service ignores it.
struct ExpirationHandler: Sendable {
    let deadlines: Deadlines
    /// Notified of new deadlines, to end the scheduler's wait.
    let wakeup: Wakeup
    /// Deadlines that are overdue by more than this are left to the sweep of the orders service, so that a replay of
    /// old events does not fire thousands at once.
    var overdueLimit: Duration = .seconds(60)
    var clock: @Sendable () -> Timestamp = { .now() }

    func handle(_ batch: Batch) async throws -> [EntryOutcome] {
        var outcomes: [EntryOutcome] = []
        // The last state of each order: a batch is in order.
        var due: [OrderID: Timestamp?] = [:]
        for entry in batch.entries {
            switch read(entry) {
            case .success(nil): outcomes.append(.done)
            case .success(let order?):
                due[order.id] = .some(order.status == .awaitingPayment ? order.expiresAt : nil)
                outcomes.append(.done)
            case .failure(let error): outcomes.append(error.outcome)
            }
        }
        let now = clock()
        let oldest = now - overdueLimit
        let armed = due.compactMap { id, time in time.flatMap { $0 >= oldest ? (order: id, due: $0) : nil } }
        try await deadlines.arm(armed)
        if let soonest = armed.map(\.due).min() { wakeup.notify(before: .now + (soonest - now)) }
        try await deadlines.disarm(due.compactMap { id, time in time == nil ? id : nil })
        return outcomes
    }

    private struct UnhandledEntry: Error { var outcome: EntryOutcome }

    /// Returns the order of an event, or `nil` for another event.
    private func read(_ entry: StreamEntry) -> Result<OrderState?, UnhandledEntry> {
        switch entry.content {
        case .malformed(let reason, _): return .failure(UnhandledEntry(outcome: .deadLetter(reason: reason)))
        case .command(let command):
            let reason = "the expiration service takes no commands, such as \(command.type)"
            return .failure(UnhandledEntry(outcome: .deadLetter(reason: reason)))
        case .event(let event, _):
            do {
                switch EventType(event.type) {
                case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
                    return .success(try Payload(version: event.payloadVersion, body: event.body).decode())
                default: return .success(nil)
                }
            } catch let error as UnknownPayload {
                return .failure(UnhandledEntry(outcome: .deferred(after: .seconds(30), reason: "\(error)")))
            } catch {
                return .failure(UnhandledEntry(outcome: .deadLetter(reason: "\(error)")))
            }
        }
    }
}
