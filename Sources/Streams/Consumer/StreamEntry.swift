public import Marketplace

/// An entry that waits for this consumer's answer.
public struct StreamEntry: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case command(CommandEnvelope)
        /// An event, and the service that announced it: also when it comes back by the inbox after it was put off.
        case event(EventEnvelope, from: Service)
        /// What nobody can read. It goes to the dead letters whatever the outcome.
        case malformed(reason: String, StreamFields)
    }

    /// Where an entry that was put off stood first.
    public struct Origin: Sendable, Hashable {
        public let source: StreamSource
        public let id: StreamID
    }

    /// Where it was read.
    public let source: StreamSource
    public let streamID: StreamID
    public let content: Content
    /// How often it was delivered to anyone, this time included.
    public let deliveries: Int
    /// How often it failed while it ran alone.
    public let failures: Int
    /// Why it was put off or failed, oldest first; the last few.
    public let history: [String]
    public let origin: Origin?
    /// Whether it has failed, or was left without an answer too often, and so must harm no other.
    public let isSuspect: Bool

    let fields: StreamFields
}

extension StreamEntry {
    /// Who waits for its reply, and the command's id: also of a malformed entry that shows both.
    public var replyTo: (address: ReplyAddress, id: CommandID)? {
        switch content {
        case .command(let command):
            return ReplyAddress(command.reply).map { ($0, command.id) }
        case .event: return nil
        case .malformed(_, let fields):
            var reader = FieldReader(fields: fields)
            guard let id: CommandID = try? reader.identifier("id"),
                let reply = try? reader.text("reply", limit: EnvelopeLimits.reply), let address = ReplyAddress(reply)
            else { return nil }
            return (address, id)
        }
    }

    /// The source whose low-water mark this entry holds by a mark of its own since it was put off.
    var heldEvent: (source: Service, id: StreamID)? {
        if let origin, case .events(let service) = origin.source { (service, origin.id) } else { nil }
    }
}
