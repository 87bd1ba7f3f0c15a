import Marketplace
import RedisClient

/// The commands that carry out a batch's outcomes.
///
/// The steps are sent in one pipeline. Events that move to a key with another hash tag are acknowledged in a second
/// pipeline: each of its commands is sent only if the step that added the entry to that key has succeeded.
///
/// A worker may end between any two commands. Each can be repeated, and an entry is acknowledged last, so that a
/// consumer that claims it does the remaining steps.
struct Settlement {
    /// A command of the second pipeline, and the step that must have succeeded before it is sent.
    struct FollowUp {
        let step: Int
        let command: RedisCommand

        func isDue(after replies: [RedisValue]) -> Bool { replies[step].error == nil }
    }

    /// Entries that a step removes from their stream. They stay in it if Redis rejects the step.
    struct Leaving {
        let step: Int
        let source: StreamSource
        let ids: [StreamID]
    }

    private(set) var steps: [Step] = []
    private(set) var followUps: [FollowUp] = []
    private(set) var leaving: [Leaving] = []
    /// The shortest time after which a deferred entry is due.
    private(set) var soonestDue: Duration?

    private let service: ServiceName
    private let consumer: String
    private let keys: Keys
    private let settings: ConsumerSettings
    private let now: Timestamp

    private var replies: [ReplyMessage] = []
    private var acked: [StreamSource: [StreamID]] = [:]
    /// The events that were deferred before. Their marks are removed.
    private var settledMarks: [ServiceName: [StreamID]] = [:]
    private var moves: [any RedisWord] = []
    /// The keys of the marks that the moving script removes.
    private var markKeys: Set<String> = []
    private var moved: [StreamID] = []
    private var deferrals: [StreamSource: (ids: [StreamID], arguments: [any RedisWord])] = [:]
    private var deadEvents: [(source: StreamSource, id: StreamID, command: RedisCommand)] = []

    init(
        of batch: Batch, outcomes: [EntryOutcome], service: ServiceName, consumer: String, keys: Keys,
        settings: ConsumerSettings, now: Timestamp
    ) {
        precondition(outcomes.count == batch.entries.count, "a batch needs one outcome for each entry")
        self.service = service
        self.consumer = consumer
        self.keys = keys
        self.settings = settings
        self.now = now
        for (entry, outcome) in zip(batch.entries, outcomes) { add(entry, outcome, isAlone: batch.isAlone) }
        plan()
        // The entry has an outcome, so it did not end the process.
        if let killer = batch.suspectedKiller {
            steps.append(.command(RedisCommand("HDEL", keys.inHandNotes(service), killer.inHandField)))
        }
    }

    // MARK: Each entry

    private mutating func add(_ entry: StreamEntry, _ outcome: EntryOutcome, isAlone: Bool) {
        if case .malformed(let reason, _) = entry.content {
            if case .deadLetter(_, let newReplies) = outcome { replies += newReplies }
            if case .done(let newReplies) = outcome { replies += newReplies }
            return giveUp(entry, failures: entry.failures, reason: "malformed: \(reason)")
        }
        switch outcome {
        case .done(let newReplies):
            replies += newReplies
            acked[entry.source, default: []].append(entry.streamID)
            if let event = entry.deferredEvent { settledMarks[event.source, default: []].append(event.id) }
        case .deferred(let delay, let reason):
            // Only an entry that has failed before stays a suspect.
            deferEntry(entry, failures: entry.fields["failures"] == nil ? nil : entry.failures, reason, after: delay)
        case .failed(let reason):
            let failures = entry.failures + (isAlone ? 1 : 0)
            if failures >= settings.maxFailuresBeforeDeadLetter {
                giveUp(entry, failures: failures, reason: reason)
            } else {
                deferEntry(
                    entry, failures: failures, "failed: \(reason)",
                    after: settings.failureDelay * (1 << max(failures - 1, 0)))
            }
        case .deadLetter(let reason, let newReplies):
            replies += newReplies
            giveUp(entry, failures: entry.failures, reason: reason)
        }
    }

    /// Moves an entry to the deferred entries.
    private mutating func deferEntry(_ entry: StreamEntry, failures: Int?, _ reason: String, after delay: Duration) {
        let milliseconds = max(delay.wholeMicroseconds / 1000, 0)
        soonestDue = min(soonestDue ?? delay, delay)
        let history =
            reason.isEmpty ? entry.history : History.adding(reason, at: now, by: consumer, to: entry.history)
        switch entry.source {
        case .commands:
            move(entry, to: milliseconds, failures, history, failure: "")
        case .events, .catchUp:
            let words = entry.originalWords + notes(entry, failures, history).map { Array($0.utf8) }
            var deferral = deferrals[entry.source] ?? ([], [])
            deferral.ids.append(entry.streamID)
            deferral.arguments +=
                [milliseconds, entry.streamID.description, entry.streamID.milliseconds, words.count]
                as [any RedisWord]
            deferral.arguments += words as [any RedisWord]
            deferrals[entry.source] = deferral
        }
    }

    /// Moves an entry to the dead letters.
    private mutating func giveUp(_ entry: StreamEntry, failures: Int, reason: String) {
        let history = History.adding(reason, at: now, by: consumer, to: entry.history)
        let failure = String(reason.prefix(1000))
        switch entry.source {
        case .commands:
            move(entry, to: "dead", failures, history, failure: failure, removingMarkOf: entry.deferredEvent)
        case .events, .catchUp:
            var command = RedisCommand("XADD", keys.deadLetters(service), "*")
            command.append(contentsOf: entry.originalWords)
            command.append(contentsOf: notes(entry, failures, history) + ["error", failure])
            deadEvents.append((entry.source, entry.streamID, command))
        }
    }

    /// Adds the arguments of the moving script for an entry.
    private mutating func move(
        _ entry: StreamEntry, to place: any RedisWord, _ failures: Int?, _ history: [String], failure: String,
        removingMarkOf event: (source: ServiceName, id: StreamID)? = nil
    ) {
        let origin = entry.origin ?? StreamEntry.Origin(source: entry.source, id: entry.streamID)
        moved.append(entry.streamID)
        moves += [entry.streamID.description, place, failures.map(String.init) ?? ""]
        moves += [History.text(history), origin.description, failure] as [any RedisWord]
        let markKey = event.map { keys.deferred(service, from: $0.source) }
        if let markKey { markKeys.insert(markKey) }
        moves += [markKey ?? "", event?.id.description ?? ""]
    }

    /// Returns the fields that an event gets when it leaves its stream.
    private func notes(_ entry: StreamEntry, _ failures: Int?, _ history: [String]) -> [String] {
        let origin = StreamEntry.Origin(source: entry.source.original, id: entry.streamID)
        return (failures.map { ["failures", String($0)] } ?? [])
            + ["history", History.text(history), "origin", origin.description]
    }

    // MARK: The pipelines

    private mutating func plan() {
        steps += ReplySender.commands(replies, keys: keys, settings: settings).map { .command($0) }
        for (source, ids) in settledMarks {
            steps.append(.command(list("ZREM", keys.deferred(service, from: source), [], ids)))
        }
        for (source, ids) in acked { steps += acknowledgements(of: ids, in: source).map { .command($0) } }
        if !moves.isEmpty {
            leaving.append(Leaving(step: steps.count, source: .commands(service), ids: moved))
            steps.append(
                .script(
                    Scripts.move,
                    keys: [keys.commands(service), keys.deferred(service), keys.deadLetters(service)]
                        + markKeys.sorted(),
                    arguments: [service.rawValue, consumer] + moves))
        }
        for (source, deferral) in deferrals {
            guard case .events(let owner) = source.original else { continue }
            leaving.append(Leaving(step: steps.count, source: source, ids: deferral.ids))
            acknowledgeLater(deferral.ids, in: source)
            steps.append(
                .script(
                    Scripts.deferEvents, keys: [keys.deferred(service), keys.deferred(service, from: owner)],
                    arguments: deferral.arguments))
        }
        for event in deadEvents {
            leaving.append(Leaving(step: steps.count, source: event.source, ids: [event.id]))
            acknowledgeLater([event.id], in: event.source)
            steps.append(.command(event.command))
        }
    }

    /// Acknowledges entries once the next step has succeeded.
    private mutating func acknowledgeLater(_ ids: [StreamID], in source: StreamSource) {
        followUps += acknowledgements(of: ids, in: source).map { FollowUp(step: steps.count, command: $0) }
    }

    /// Returns the commands that acknowledge entries.
    ///
    /// Entries of a queue are deleted first: an entry that is deleted while pending is acknowledged when it is claimed,
    /// but an entry that is acknowledged and not deleted would stay forever.
    private func acknowledgements(of ids: [StreamID], in source: StreamSource) -> [RedisCommand] {
        let deletion = source.isQueue ? [list("XDEL", source.key(keys), [], ids)] : []
        return deletion + [list("XACK", source.key(keys), [service.rawValue], ids)]
    }

    private func list(_ name: String, _ key: String, _ words: [String], _ ids: [StreamID]) -> RedisCommand {
        var command = RedisCommand(name, words: ids.count + 4, bytes: 128 + ids.count * 24)
        command.append(key)
        for word in words { command.append(word) }
        for id in ids { command.append(id) }
        return command
    }
}

extension StreamEntry {
    /// The entry's fields without the notes of an earlier move.
    fileprivate var originalWords: [[UInt8]] {
        let notes: Set<[UInt8]> = Set(["failures", "history", "origin", "error"].map { Array($0.utf8) })
        return fields.all.filter { !notes.contains($0.name) }.flatMap { [$0.name, $0.value] }
    }
}
