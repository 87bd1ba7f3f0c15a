import Logging
import Marketplace
import Storage
import Streams

extension BatchProcessor {
    enum Reading {
        case item(Item)
        case settled(Outcome)
    }

    /// Tells what an entry asks, or what becomes of one that asks nothing that can be done now.
    func reading(_ entry: StreamEntry, at index: Int) -> Reading {
        do {
            switch entry.content {
            case .malformed(let reason, _): return .settled(dead(entry, reason))
            case .command(let envelope):
                let command = try handler.command(
                    envelope.type, Payload(version: envelope.payloadVersion, body: envelope.body))
                let head = CommandHead(id: envelope.id, actor: envelope.actor, at: envelope.at, reply: envelope.reply)
                return .item(
                    Item(
                        message: .command(head, command), id: envelope.id,
                        accepted: InboxEntry(
                            id: envelope.id.uuid, actor: envelope.actor.text, type: envelope.type,
                            fingerprint: envelope.fingerprint.map { Array($0.utf8) }),
                        trace: envelope.trace, entries: [index]))
            case .event(let envelope, _):
                guard let type = EventType(rawValue: envelope.type) else {
                    throw UnknownPayload(what: "the event \(envelope.type)")
                }
                let payload = Payload(version: envelope.payloadVersion, body: envelope.body)
                guard let event = try handler.event(type, payload) else { return .settled(.done) }
                let id = CommandID(envelope.id.uuid)
                return .item(
                    Item(
                        message: .event(
                            EventHead(id: envelope.id, version: envelope.version, at: envelope.at), event),
                        id: id,
                        accepted: InboxEntry(id: id.uuid, actor: nil, type: envelope.type),
                        trace: envelope.trace, entries: [index]))
            }
        } catch let error as UnknownPayload {
            return .settled(waitForNewerBuild(entry, error))
        } catch {
            return .settled(dead(entry, "\(error)"))
        }
    }

    /// A rolling deploy may bring messages that only the next build knows: they wait for it, and harm nobody. After a
    /// day nobody will come.
    private func waitForNewerBuild(_ entry: StreamEntry, _ error: UnknownPayload) -> Outcome {
        let age = clock() - (entry.messageTime ?? clock())
        guard age < .seconds(86_400) || entry.history.isEmpty else { return dead(entry, "\(error)") }
        return .putOff(after: age < .seconds(60) ? .seconds(1) : .seconds(30), reason: "\(error)")
    }

    private func dead(_ entry: StreamEntry, _ reason: String) -> Outcome {
        logger.error(
            "An entry can't be read.",
            metadata: ["stream": "\(entry.source)", "entry": "\(entry.streamID)", "reason": "\(reason)"])
        guard let (address, id) = entry.replyTo else { return .dead(reason: reason) }
        let body = JSONBody.refusal(Refusal(.invalid, "The command can't be read: \(reason)."))
        return .dead(
            reason: reason,
            replies: [ReplyMessage(to: address, Reply(id: id, outcome: .refused, body: body))])
    }

    /// A copy is behind for milliseconds as a rule, so it is asked again soon. Whoever waits for a reply does so no
    /// longer than two seconds from the first time: then they are told to try again, and nothing is stored. A command
    /// that nobody waits for was accepted, and is given more time.
    func putOff(_ entry: StreamEntry, _ reason: String) -> Outcome {
        let now = clock()
        // A clock that was set back since then would make it wait for ever.
        let since = min(entry.putOffSince ?? now, now)
        let waited = now - since
        if case .command(let command) = entry.content {
            if let (address, id) = entry.replyTo, waited > .seconds(2) {
                logger.notice(
                    "A command was not handled in time.",
                    metadata: ["id": "\(id)", "type": "\(command.type)", "reason": "\(reason)"])
                let body = JSONBody.refusal(Refusal(.conflict, "Try again in a moment: \(reason)."))
                return .done(replies: [ReplyMessage(to: address, Reply(id: id, outcome: .busy, body: body))])
            }
            if waited > .seconds(600) { return dead(entry, "\(reason) for ten minutes") }
        }
        let pause: Duration =
            if waited < .milliseconds(20) { .milliseconds(5) } else {
                min(max(waited / 8, .milliseconds(10)), .seconds(1))
            }
        return .putOff(after: pause, reason: StreamEntry.reason(reason, since: since))
    }

    static var keyReusedBody: [UInt8] {
        JSONBody.refusal(
            Refusal(.keyReused, "This Idempotency-Key was used with another request. Use a new key for a new request."))
    }

    static func keyReused(_ entry: StreamEntry) -> ReplyMessage? {
        entry.replyTo.map {
            ReplyMessage(to: $0.address, Reply(id: $0.id, outcome: .refused, body: keyReusedBody))
        }
    }
}

extension StreamEntry {
    /// When its sender wrote it.
    var messageTime: Timestamp? {
        switch content {
        case .command(let command): command.at
        case .event(let event, _): event.at
        case .malformed: nil
        }
    }

    private static let sinceMark = ", since "

    /// What is noted on an entry that is put off: why, and since when.
    static func reason(_ reason: String, since: Timestamp) -> String { "\(reason)\(sinceMark)\(since)" }

    /// When it was first put off for a copy that was behind; nil where the last note on it is another.
    var putOffSince: Timestamp? {
        guard let note = history.last, let mark = note.ranges(of: Self.sinceMark).last else {
            return nil
        }
        return Timestamp(note[mark.upperBound...])
    }
}
