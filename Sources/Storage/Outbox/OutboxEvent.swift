public import FoundationEssentials
public import Marketplace

/// An event as it is published.
public struct OutboxEvent: Sendable, Hashable {
    public var id: UUID
    public var type: String
    /// The version of the body's form.
    public var v: Int
    public var at: Timestamp
    /// What it is about.
    public var subject: String
    /// The version of the state that the body holds.
    public var version: Int64
    /// A W3C traceparent, or nothing.
    public var trace: String
    /// JSON, as it is published.
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

/// An event in the outbox: its number is its place in the service's stream.
public struct OutboxRow: Sendable, Hashable {
    public var id: Int64
    public var event: OutboxEvent
}
