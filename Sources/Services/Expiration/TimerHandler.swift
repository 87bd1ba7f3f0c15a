import Marketplace
import Streams

/// Sets and clears timers according to the events of their owners.
///
/// Repeated or reordered events do no harm. If they leave a timer that should be cleared, its owner ignores the
/// command. If they clear a timer that should be set, its owner's sweep finds the row.
struct TimerHandler: Sendable {
    let timers: [ActiveTimer]
    /// Notified of new timers, to end the scheduler's wait.
    let wakeup: Wakeup
    /// Timers that are overdue by more than this are left to their owner's sweep, so that a replay of old events does
    /// not fire thousands at once.
    var overdueLimit: Duration = .seconds(60)
    /// Timers that are due later than this are left to the sweep. This limit is an hour longer than the sweep's, in
    /// case this machine's clock is wrong: a timer that neither this handler nor the sweep sets would fire late.
    var horizon: Duration = Timers.horizon + .seconds(3600)
    var clock: @Sendable () -> Timestamp = { .now() }

    /// The last due time of each subject in a batch: `nil` if its timer is cleared.
    private typealias Changes = [TimerSubjectID: Timestamp?]

    func handle(_ batch: Batch) async throws -> [EntryOutcome] {
        var outcomes: [EntryOutcome] = []
        // The entries of a batch are in order, so a later change of a timer replaces an earlier one.
        var changes: [Changes] = Array(repeating: [:], count: timers.count)
        for entry in batch.entries {
            do throws(UnhandledEntry) {
                for (index, subject, due) in try read(entry) { changes[index].updateValue(due, forKey: subject) }
                outcomes.append(.done)
            } catch {
                outcomes.append(error.outcome)
            }
        }
        for (timer, changes) in zip(timers, changes) { try await store(changes, of: timer.timers) }
        return outcomes
    }

    /// Sets the changed timers that are due between ``overdueLimit`` ago and ``horizon`` from now, and clears the other
    /// changed timers.
    private func store(_ changes: Changes, of timers: Timers) async throws {
        let now = clock()
        let near = (now - overdueLimit)...(now + horizon)
        let set = changes.compactMap { subject, due in
            due.flatMap { near.contains($0) ? DueTimer(subject: subject, due: $0) : nil }
        }
        let kept = Set(set.map(\.subject))
        try await timers.set(set)
        if let soonest = set.map(\.due).min() { wakeup.notify(before: .now + (soonest - now)) }
        try await timers.clear(changes.keys.filter { !kept.contains($0) })
    }

    private struct UnhandledEntry: Error { var outcome: EntryOutcome }

    /// Returns the timers that an event sets or clears, each with its index.
    private func read(_ entry: StreamEntry) throws(UnhandledEntry) -> [(Int, TimerSubjectID, Timestamp?)] {
        switch entry.content {
        case .malformed(let reason, _): throw UnhandledEntry(outcome: .deadLetter(reason: reason))
        case .command(let command):
            let reason = "the expiration service takes no commands, such as \(command.type)"
            throw UnhandledEntry(outcome: .deadLetter(reason: reason))
        case .event(let event, let source):
            let payload = Payload(version: event.payloadVersion, body: event.body)
            var changes: [(Int, TimerSubjectID, Timestamp?)] = []
            do {
                for (index, timer) in timers.enumerated()
                where timer.declaration.name.service == source
                    && timer.declaration.events.contains(EventType(event.type))
                {
                    let (subject, due) = try timer.declaration.read(payload)
                    changes.append((index, subject, due))
                }
            } catch let error as UnknownPayload {
                throw UnhandledEntry(outcome: .deferred(after: .seconds(30), reason: "\(error)"))
            } catch {
                throw UnhandledEntry(outcome: .deadLetter(reason: "\(error)"))
            }
            return changes
        }
    }
}
