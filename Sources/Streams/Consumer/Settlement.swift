import Marketplace
import RedisClient

/// How a batch's outcomes become commands: a first flight that does nearly all, and for events that go to a key of
/// another hash tag a second one, each of its commands only after the one that added has succeeded.
///
/// A worker may end between any two commands: each can be repeated, and an entry is acked last, so that whoever claims
/// it finds what is left to do.
struct Settlement {
    /// A command of the second flight, and the step of the first that must have succeeded.
    struct FollowUp {
        let step: Int
        let command: RedisCommand

        func isDue(after replies: [RedisValue]) -> Bool { replies[step].error == nil }
    }

    /// Entries that leave their stream by a step of the first flight, and stay where they are when it is refused.
    struct Leaving {
        let step: Int
        let source: StreamSource
        let ids: [StreamID]
    }

    private(set) var steps: [Step] = []
    private(set) var followUps: [FollowUp] = []
    private(set) var leaving: [Leaving] = []
    /// The shortest time after which an entry that was put off is due.
    private(set) var soonestDue: Duration?

    private let service: Service
    private let consumer: String
    private let keys: Keys
    private let settings: ConsumerSettings
    private let now: Timestamp

    private var replies: [ReplyMessage] = []
    private var acked: [StreamSource: [StreamID]] = [:]
    private var releasedEvents: [Service: [StreamID]] = [:]
    private var moves: [any RedisWord] = []
    private var moved: [StreamID] = []
    private var putOffs: [Service: (ids: [StreamID], arguments: [any RedisWord])] = [:]
    private var deadEvents: [(source: Service, id: StreamID, command: RedisCommand)] = []

    init(
        of batch: Batch, outcomes: [Outcome], service: Service, consumer: String, keys: Keys,
        settings: ConsumerSettings, now: Timestamp
    ) {
        precondition(outcomes.count == batch.entries.count, "every entry of a batch has one outcome")
        self.service = service
        self.consumer = consumer
        self.keys = keys
        self.settings = settings
        self.now = now
        for (entry, outcome) in zip(batch.entries, outcomes) { add(entry, outcome, isAlone: batch.isAlone) }
        plan()
    }

    // MARK: Each entry

    private mutating func add(_ entry: StreamEntry, _ outcome: Outcome, isAlone: Bool) {
        if case .malformed(let reason, _) = entry.content {
            if case .dead(_, let answers) = outcome { replies += answers }
            if case .done(let answers) = outcome { replies += answers }
            return giveUp(entry, failures: entry.failures, reason: "malformed: \(reason)")
        }
        switch outcome {
        case .done(let answers):
            replies += answers
            acked[entry.source, default: []].append(entry.streamID)
            if let held = entry.heldEvent { releasedEvents[held.source, default: []].append(held.id) }
        case .putOff(let delay, let reason):
            // Only what has failed before stays marked as a suspect.
            putOff(entry, failures: entry.fields["failures"] == nil ? nil : entry.failures, reason, after: delay)
        case .failed(let reason):
            let failures = entry.failures + (isAlone ? 1 : 0)
            if failures >= settings.failuresUntilDead {
                giveUp(entry, failures: failures, reason: reason)
            } else {
                putOff(
                    entry, failures: failures, "failed: \(reason)",
                    after: settings.failureDelay * (1 << max(failures - 1, 0)))
            }
        case .dead(let reason, let answers):
            replies += answers
            giveUp(entry, failures: entry.failures, reason: reason)
        }
    }

    private mutating func putOff(_ entry: StreamEntry, failures: Int?, _ reason: String, after delay: Duration) {
        let milliseconds = max(delay.wholeMicroseconds / 1000, 0)
        soonestDue = min(soonestDue ?? delay, delay)
        let history = History.adding(reason, at: now, by: consumer, to: entry.history)
        switch entry.source {
        case .commands:
            move(entry, to: milliseconds, failures, history, failure: "")
        case .events(let source):
            let words = entry.unmarkedWords + marks(entry, failures, history).map { Array($0.utf8) }
            var putOff = putOffs[source] ?? ([], [])
            putOff.ids.append(entry.streamID)
            putOff.arguments +=
                [milliseconds, entry.streamID.description, entry.streamID.milliseconds, words.count]
                as [any RedisWord]
            putOff.arguments += words as [any RedisWord]
            putOffs[source] = putOff
        }
    }

    private mutating func giveUp(_ entry: StreamEntry, failures: Int, reason: String) {
        let history = History.adding(reason, at: now, by: consumer, to: entry.history)
        let failure = String(reason.prefix(1000))
        switch entry.source {
        case .commands:
            move(entry, to: "dead", failures, history, failure: failure, releasing: entry.heldEvent)
        case .events(let source):
            var command = RedisCommand("XADD", keys.dead(service), "*")
            command.append(contentsOf: entry.unmarkedWords)
            command.append(contentsOf: marks(entry, failures, history) + ["error", failure])
            deadEvents.append((source, entry.streamID, command))
        }
    }

    /// Adds an entry's arguments of the moving script.
    private mutating func move(
        _ entry: StreamEntry, to place: any RedisWord, _ failures: Int?, _ history: [String], failure: String,
        releasing held: (source: Service, id: StreamID)? = nil
    ) {
        let origin = entry.origin ?? StreamEntry.Origin(source: entry.source, id: entry.streamID)
        moved.append(entry.streamID)
        moves += [entry.streamID.description, place, failures.map(String.init) ?? ""]
        moves += [History.text(history), origin.description, failure] as [any RedisWord]
        moves += [held.map { keys.later(service, from: $0.source) } ?? "", held?.id.description ?? ""]
    }

    /// What is noted on an event that leaves its stream.
    private func marks(_ entry: StreamEntry, _ failures: Int?, _ history: [String]) -> [String] {
        let origin = StreamEntry.Origin(source: entry.source, id: entry.streamID)
        return (failures.map { ["failures", String($0)] } ?? [])
            + ["history", History.text(history), "origin", origin.description]
    }

    // MARK: The flights

    private mutating func plan() {
        planReplies()
        for (source, ids) in releasedEvents {
            steps.append(.command(list("ZREM", keys.later(service, from: source), [], ids)))
        }
        for (source, ids) in acked {
            // An entry that was deleted while it is pending is acked by whoever claims it; one that is acked and still
            // there would stay for ever.
            if case .commands = source { steps.append(.command(list("XDEL", source.key(keys), [], ids))) }
            steps.append(.command(list("XACK", source.key(keys), [service.rawValue], ids)))
        }
        if !moves.isEmpty {
            leaving.append(Leaving(step: steps.count, source: .commands(service), ids: moved))
            let held = Service.allCases.map { keys.later(service, from: $0) }
            steps.append(
                .script(
                    Scripts.move, keys: [keys.commands(service), keys.later(service), keys.dead(service)] + held,
                    arguments: [service.rawValue, consumer] + moves))
        }
        for (source, putOff) in putOffs {
            leaving.append(Leaving(step: steps.count, source: .events(source), ids: putOff.ids))
            followUps.append(
                FollowUp(
                    step: steps.count, command: list("XACK", keys.events(source), [service.rawValue], putOff.ids)))
            steps.append(
                .script(
                    Scripts.putOffEvents, keys: [keys.later(service), keys.later(service, from: source)],
                    arguments: putOff.arguments))
        }
        for event in deadEvents {
            leaving.append(Leaving(step: steps.count, source: .events(event.source), ids: [event.id]))
            followUps.append(
                FollowUp(
                    step: steps.count, command: list("XACK", keys.events(event.source), [service.rawValue], [event.id]))
            )
            steps.append(.command(event.command))
        }
    }

    private mutating func planReplies() {
        steps += ReplySender.commands(replies, keys: keys, settings: settings).map { .command($0) }
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
    /// The entry's fields without what an earlier move has noted.
    fileprivate var unmarkedWords: [[UInt8]] {
        let marks: Set<[UInt8]> = Set(["failures", "history", "origin", "error"].map { Array($0.utf8) })
        return fields.all.filter { !marks.contains($0.name) }.flatMap { [$0.name, $0.value] }
    }
}
