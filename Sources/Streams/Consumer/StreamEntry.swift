public import Marketplace

/// An entry that was delivered to this consumer and is not settled.
public struct StreamEntry: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case command(CommandEnvelope)
        /// An event, and the service that published it. A deferred event returns through the command stream.
        case event(EventEnvelope, from: ServiceName)
        /// An entry that cannot be decoded. It becomes a dead letter, even if its outcome is a different one.
        case malformed(reason: String, StreamFields)
    }

    /// The stream and id that an entry had before it was first moved.
    public struct Origin: Sendable, Hashable {
        public let source: StreamSource
        public let id: StreamID
    }

    /// The stream that it was read from.
    public let source: StreamSource
    public let streamID: StreamID
    public let content: Content
    /// Number of deliveries to any consumer, including this one.
    public let deliveries: Int
    /// Number of failures while it ran alone.
    public let failures: Int
    /// The latest reasons why it was deferred or failed, oldest first.
    public let history: [String]
    /// `nil` if it was never moved.
    public let origin: Origin?
    /// True if it has failed or was delivered too often without an outcome. It runs alone, so that it does not affect
    /// other entries.
    public let isSuspect: Bool
    /// True if it was delivered too often without an outcome. It may end the process that handles it.
    public let isSuspectedKiller: Bool

    let fields: StreamFields
}

extension StreamEntry {
    /// The address that waits for the reply, and the command's id. A malformed entry may have both.
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

    /// The event's source and id, if the entry is a deferred event that came back. Until it is settled, the event holds
    /// back that source's low-water mark.
    var deferredEvent: (source: ServiceName, id: StreamID)? {
        if let origin, case .events(let service) = origin.source { (service, origin.id) } else { nil }
    }
}
