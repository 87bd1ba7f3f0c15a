public import FoundationEssentials

/// A message, as the inbox knows it.
public struct InboxEntry: Sendable, Identifiable {
    public var id: UUID
    /// Who asks; nil for an event.
    public var actor: String?
    public var type: String
    /// A hash of the request, where it came with an idempotency key.
    public var fingerprint: [UInt8]?

    public init(id: UUID, actor: String?, type: String, fingerprint: [UInt8]? = nil) {
        self.id = id
        self.actor = actor
        self.type = type
        self.fingerprint = fingerprint
    }
}

/// How a message was answered.
public enum InboxOutcome: String, Sendable {
    case done, refused
}

/// A message that is taken in, with its answer.
public struct InboxRecord: Sendable {
    public var entry: InboxEntry
    /// Nil: it is answered later, or never (an event).
    public var outcome: InboxOutcome?
    /// JSON, as it was or will be sent.
    public var reply: [UInt8]?

    public init(_ entry: InboxEntry, outcome: InboxOutcome? = nil, reply: [UInt8]? = nil) {
        self.entry = entry
        self.outcome = outcome
        self.reply = reply
    }
}

/// The answer to a message that was taken in without one.
public struct InboxReply: Sendable {
    public var id: UUID
    public var outcome: InboxOutcome
    /// JSON, as it was or will be sent; nil for an event.
    public var reply: [UInt8]?

    public init(id: UUID, outcome: InboxOutcome, reply: [UInt8]? = nil) {
        self.id = id
        self.outcome = outcome
        self.reply = reply
    }
}

/// What the inbox says of a message that was taken in before.
public struct InboxPrior: Sendable, Hashable {
    public var actor: String?
    public var type: String
    public var fingerprint: [UInt8]?
    /// Nil: taken in, and not answered yet.
    public var outcome: InboxOutcome?
    /// JSON, the very bytes that were stored.
    public var reply: [UInt8]?
}
