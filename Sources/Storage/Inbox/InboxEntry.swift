public import FoundationEssentials

/// The part of a message that the inbox stores.
public struct InboxEntry: Sendable, Identifiable {
    public var id: UUID
    /// The sender of a command, or `nil` for an event.
    public var actor: String?
    public var type: String
    /// A hash of the request, if it came with an idempotency key.
    public var fingerprint: [UInt8]?

    public init(id: UUID, actor: String?, type: String, fingerprint: [UInt8]? = nil) {
        self.id = id
        self.actor = actor
        self.type = type
        self.fingerprint = fingerprint
    }
}

/// The outcome of a command.
public enum InboxOutcome: String, Sendable {
    case done, refused
}

/// A new inbox row: a message and its reply.
public struct InboxRecord: Sendable {
    public var entry: InboxEntry
    /// `nil` for a command that is replied to later, and for an event.
    public var outcome: InboxOutcome?
    /// The reply as JSON, with the same bytes that are sent.
    public var reply: [UInt8]?

    public init(_ entry: InboxEntry, outcome: InboxOutcome? = nil, reply: [UInt8]? = nil) {
        self.entry = entry
        self.outcome = outcome
        self.reply = reply
    }
}

/// The reply to a command whose inbox row was inserted without a reply.
public struct InboxReply: Sendable {
    public var id: UUID
    public var outcome: InboxOutcome
    /// The reply as JSON, with the same bytes that are sent.
    public var reply: [UInt8]?

    public init(id: UUID, outcome: InboxOutcome, reply: [UInt8]? = nil) {
        self.id = id
        self.outcome = outcome
        self.reply = reply
    }
}

/// The stored row of a message that was accepted before.
public struct InboxPrior: Sendable, Hashable {
    public var actor: String?
    public var type: String
    public var fingerprint: [UInt8]?
    /// `nil` for a command that has no reply yet, and for an event.
    public var outcome: InboxOutcome?
    /// The reply as JSON, with the same bytes that were stored.
    public var reply: [UInt8]?
}
