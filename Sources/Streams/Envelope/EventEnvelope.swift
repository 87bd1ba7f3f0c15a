public import Marketplace
import RedisClient

/// An event: a change of one object, with the whole state of that object.
public struct EventEnvelope: Sendable, Hashable {
    public var id: EventID
    /// The kind of event, such as `OrderCreated`.
    public var type: String
    /// The version of the body's format (the field `v`).
    public var payloadVersion: Int
    /// The time of the change.
    public var at: Timestamp
    /// The id of the object.
    public var subject: String
    /// The version of the object's state. A copy is updated only by a larger version.
    public var version: Int64
    /// A W3C traceparent, or empty.
    public var trace: String
    /// JSON.
    public var body: [UInt8]

    public init(
        id: EventID, type: String, payloadVersion: Int = 1, at: Timestamp, subject: String, version: Int64,
        trace: String = "", body: [UInt8]
    ) {
        self.id = id
        self.type = type
        self.payloadVersion = payloadVersion
        self.at = at
        self.subject = subject
        self.version = version
        self.trace = trace
        self.body = body
    }
}

extension EventEnvelope {
    /// Number of fields of an event.
    static let fieldCount = 8

    init(_ fields: StreamFields) throws(EnvelopeError) {
        var reader = FieldReader(fields: fields)
        id = try reader.identifier("id")
        type = try reader.type()
        payloadVersion = Int(try reader.number("v"))
        at = try reader.time("at")
        subject = try reader.text("subject", limit: EnvelopeLimits.subject)
        version = try reader.number("version")
        trace = try reader.text("trace", limit: EnvelopeLimits.trace)
        body = try reader.body()
    }

    /// Appends the fields for XADD, in the order in which redis-cli shows them.
    func append(to command: inout RedisCommand) {
        command.append("id")
        command.append(id.description)
        command.append("type")
        command.append(type)
        command.append("v")
        command.append(String(payloadVersion))
        command.append("at")
        command.append(at.description)
        command.append("subject")
        command.append(subject)
        command.append("version")
        command.append(String(version))
        command.append("trace")
        command.append(trace)
        command.append("body")
        command.append(body)
    }
}
