/// A decided event, before it has an id and a place in the outbox.
public struct NewEvent: Sendable {
    public var type: EventType
    /// The id of the thing that the event is about.
    public var subject: String
    public var version: Int64
    public var body: any Encodable & Sendable

    public init(
        _ type: EventType, subject: some CustomStringConvertible, version: Int64, body: any Encodable & Sendable
    ) {
        self.type = type
        self.subject = subject.description
        self.version = version
        self.body = body
    }
}
