import Logging
import Marketplace
import Storage
import Streams

extension BatchProcessor {
    enum Reading {
        case item(Item)
        /// There is nothing to decide: the entry is ignored, refused, unreadable, or for a newer build.
        case settled(EntryOutcome)
    }

    /// Reads an entry, or returns the outcome of one that can't be decided.
    func reading(_ entry: StreamEntry, at index: Int) -> Reading {
        do {
            switch entry.content {
            case .malformed(let reason, _): return .settled(deadLetter(entry, reason))
            case .command(let envelope):
                if let reason = senders.refusal(of: envelope, to: handler.service) {
                    return .settled(refused(entry, envelope, reason))
                }
                let command = try handler.command(
                    envelope.type, Payload(version: envelope.payloadVersion, body: envelope.body))
                let head = CommandHead(id: envelope.id, actor: envelope.actor, at: envelope.at, reply: envelope.reply)
                return .item(
                    Item(
                        message: .command(head, command), id: envelope.id,
                        accepted: InboxEntry(
                            id: envelope.id.uuid, actor: envelope.actor.text, type: envelope.type,
                            fingerprint: envelope.fingerprint.map { Array($0.utf8) }),
                        trace: envelope.trace, failures: entry.failures, isSuspect: entry.isSuspect,
                        subjects: entry.replyTo == nil ? [] : handler.subjects(of: command), entries: [index]))
            case .event(let envelope, _):
                let type = EventType(envelope.type)
                let payload = Payload(version: envelope.payloadVersion, body: envelope.body)
                let event = try handler.event(type, payload)
                let copied = try copies.read(type, payload)
                guard event != nil || copied != nil else { return .settled(.done) }
                let id = CommandID(envelope.id.uuid)
                let head = EventHead(id: envelope.id, version: envelope.version, at: envelope.at)
                return .item(
                    Item(
                        message: event.map { .event(head, $0) }, copied: copied, id: id,
                        accepted: InboxEntry(id: id.uuid, actor: nil, type: envelope.type),
                        trace: envelope.trace, failures: entry.failures, isSuspect: entry.isSuspect, entries: [index]))
            }
        } catch let error as UnknownPayload {
            return .settled(waitForNewerBuild(entry, "\(error)"))
        } catch {
            return .settled(deadLetter(entry, "\(error)"))
        }
    }

    /// Defers a message that only a newer build can read or decide, for up to a day. Such messages occur during a
    /// rolling deploy.
    func waitForNewerBuild(_ entry: StreamEntry, _ reason: String) -> EntryOutcome {
        let age = clock() - (entry.messageTime ?? clock())
        guard age < .seconds(86_400) || entry.history.isEmpty else { return deadLetter(entry, reason) }
        return .deferred(after: age < .seconds(60) ? .seconds(1) : .seconds(30), reason: reason)
    }

    /// Refuses a command whose sender is not allowed to send commands. The cause is an attack or a mistake in the
    /// settings.
    private func refused(_ entry: StreamEntry, _ command: CommandEnvelope, _ reason: String) -> EntryOutcome {
        logger.critical(
            "Command refused: it was not signed with the signing secret",
            metadata: [
                "entry": "\(entry.streamID)", "id": "\(command.id)", "type": "\(command.type)", "reason": "\(reason)",
            ])
        let body = JSONBody.refusal(Refusal(.conflict, "Try again in a moment."))
        let reply = entry.replyTo.map { address, id in
            ReplyMessage(to: address, Reply(id: id, outcome: .busy, body: body))
        }
        return .deadLetter(reason: reason, replies: [reply].compactMap(\.self))
    }

    private func deadLetter(_ entry: StreamEntry, _ reason: String) -> EntryOutcome {
        logger.error(
            "Unreadable entry",
            metadata: ["stream": "\(entry.source)", "entry": "\(entry.streamID)", "reason": "\(reason)"])
        guard let (address, id) = entry.replyTo else { return .deadLetter(reason: reason) }
        let body = JSONBody.refusal(Refusal(.invalid, "The command can't be read: \(reason)."))
        return .deadLetter(
            reason: reason,
            replies: [ReplyMessage(to: address, Reply(id: id, outcome: .refused, body: body))])
    }

    /// Defers a message because a copy that it needs is behind, usually by milliseconds.
    ///
    /// After two seconds, the sender of a command with a reply address is asked to try again, and nothing is stored. A
    /// command without a reply address becomes a dead letter after ten minutes. An event waits without limit.
    func deferred(_ entry: StreamEntry, _ reason: String) -> EntryOutcome {
        let now = clock()
        // Without `min`, an entry would wait too long after the clock was set back.
        let since = min(entry.deferredSince ?? now, now)
        let waited = now - since
        if case .command(let command) = entry.content {
            if let (address, id) = entry.replyTo, waited > .seconds(2) {
                logger.notice(
                    "Command not handled in time",
                    metadata: ["id": "\(id)", "type": "\(command.type)", "reason": "\(reason)"])
                let body = JSONBody.refusal(Refusal(.conflict, "Try again in a moment: \(reason)."))
                return .done(replies: [ReplyMessage(to: address, Reply(id: id, outcome: .busy, body: body))])
            }
            if waited > .seconds(600) { return deadLetter(entry, "\(reason) for ten minutes") }
        }
        let pause: Duration =
            if waited < .milliseconds(20) { .milliseconds(5) } else {
                min(max(waited / 8, .milliseconds(10)), .seconds(1))
            }
        return .deferred(after: pause, reason: StreamEntry.reason(reason, since: since))
    }

    static var keyReusedBody: [UInt8] {
        JSONBody.refusal(.keyReused)
    }

    static func keyReused(_ entry: StreamEntry) -> ReplyMessage? {
        entry.replyTo.map {
            ReplyMessage(to: $0.address, Reply(id: $0.id, outcome: .refused, body: keyReusedBody))
        }
    }
}

extension StreamEntry {
    /// The time at which the message was written.
    var messageTime: Timestamp? {
        switch content {
        case .command(let command): command.at
        case .event(let event, _): event.at
        case .malformed: nil
        }
    }

    private static let sinceMark = ", since "

    /// Returns the note on a deferred entry: the reason, and the time since which it has been deferred.
    static func reason(_ reason: String, since: Timestamp) -> String { "\(reason)\(sinceMark)\(since)" }

    /// The time at which the message was first deferred because a copy was behind, or `nil` if its last note says
    /// something else.
    var deferredSince: Timestamp? {
        guard let note = history.last, let mark = note.ranges(of: Self.sinceMark).last else {
            return nil
        }
        return Timestamp(note[mark.upperBound...])
    }
}
