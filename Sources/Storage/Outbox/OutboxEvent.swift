public import FoundationEssentials
public import Marketplace

/// An event to publish.
public struct OutboxEvent: Sendable, Hashable {
    public var id: UUID
    public var type: String
    /// The version of the body's format.
    public var v: Int
    public var at: Timestamp
    /// The id of the entity that the event is about.
    public var subject: String
    /// The version of the entity's state after the event.
    public var version: Int64
    /// A W3C traceparent, or an empty string.
    public var trace: String
    /// JSON, published byte for byte.
    public var body: [UInt8]

    public init(
        id: UUID, type: String, v: Int = 1, at: Timestamp, subject: String, version: Int64, trace: String,
        body: [UInt8]
    ) {
        self.id = id
        self.type = type
        self.v = v
        self.at = at
        self.subject = subject
        self.version = version
        self.trace = trace
        self.body = body
    }
}

/// A row of the outbox. Its id is also the id of its entry in the service's event stream.
public struct OutboxRow: Sendable, Hashable {
    public var id: Int64
    public var event: OutboxEvent
}
