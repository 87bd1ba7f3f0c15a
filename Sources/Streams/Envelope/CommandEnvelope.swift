public import Marketplace
import RedisClient

/// A command, in the form in which it is sent to a service.
public struct CommandEnvelope: Sendable, Hashable {
    /// The id of the command, and of the object that it creates.
    public var id: CommandID
    /// The kind of command, such as `CreateOrder`.
    public var type: String
    /// The version of the body's format (the field `v`).
    public var payloadVersion: Int
    /// The time at which it was accepted.
    public var at: Timestamp
    /// The sender.
    public var actor: Actor
    /// The ``ReplyAddress`` that waits for the reply, or an empty string if no reply is expected.
    public var reply: String
    /// A W3C traceparent, or empty.
    public var trace: String
    /// A keyed hash of the request, if it had an Idempotency-Key.
    public var fingerprint: String?
    /// The message authentication code of a ``CommandAuthenticator``, which ``CommandProducer`` adds.
    public internal(set) var mac: String?
    /// JSON.
    public var body: [UInt8]

    public init(
        id: CommandID, type: String, payloadVersion: Int = 1, at: Timestamp, actor: Actor, reply: String = "",
        trace: String = "", fingerprint: String? = nil, body: [UInt8]
    ) {
        self.id = id
        self.type = type
        self.payloadVersion = payloadVersion
        self.at = at
        self.actor = actor
        self.reply = reply
        self.trace = trace
        self.fingerprint = fingerprint
        self.body = body
    }
}

extension CommandEnvelope {
    init(_ fields: StreamFields) throws(EnvelopeError) {
        var reader = FieldReader(fields: fields)
        id = try reader.identifier("id")
        type = try reader.type()
        payloadVersion = Int(try reader.number("v"))
        at = try reader.time("at")
        guard let actor = Actor(text: try reader.text("actor", limit: EnvelopeLimits.actor)) else {
            throw .malformed("actor", expected: "`-`, a user id, `operator` or `stripe`")
        }
        self.actor = actor
        reply = try reader.text("reply", limit: EnvelopeLimits.reply)
        guard reply.isEmpty || ReplyAddress(reply) != nil else {
            throw .malformed("reply", expected: "`process/waiter`")
        }
        trace = try reader.text("trace", limit: EnvelopeLimits.trace)
        if let fingerprint = reader.value("fingerprint") {
            self.fingerprint = try FieldReader.text(fingerprint, "fingerprint", limit: EnvelopeLimits.fingerprint)
        }
        if let mac = reader.value("mac") {
            self.mac = try FieldReader.text(mac, "mac", limit: EnvelopeLimits.mac)
        }
        body = try reader.body()
    }

    /// Throws for an envelope that its reader would refuse.
    func check() throws(EnvelopeError) {
        guard EnvelopeRules.isType(type) else { throw .malformed("type", expected: EnvelopeRules.typeExpectation) }
        try EnvelopeRules.check(type, "type", limit: EnvelopeLimits.type)
        try EnvelopeRules.check(reply, "reply", limit: EnvelopeLimits.reply)
        guard reply.isEmpty || ReplyAddress(reply) != nil else {
            throw .malformed("reply", expected: "`process/waiter`")
        }
        try EnvelopeRules.check(trace, "trace", limit: EnvelopeLimits.trace)
        if let fingerprint {
            try EnvelopeRules.check(fingerprint, "fingerprint", limit: EnvelopeLimits.fingerprint)
        }
        try EnvelopeRules.check(body: body)
    }

    /// Appends the fields for XADD, in the order in which redis-cli shows them.
    func append(to command: inout RedisCommand) {
        command.append(field: "id", id.description)
        command.append(field: "type", type)
        command.append(field: "v", String(payloadVersion))
        command.append(field: "at", at.description)
        command.append(field: "actor", actor.text)
        command.append(field: "reply", reply)
        command.append(field: "trace", trace)
        if let fingerprint { command.append(field: "fingerprint", fingerprint) }
        if let mac { command.append(field: "mac", mac) }
        command.append("body")
        command.append(body)
    }
}

extension RedisCommand {
    fileprivate mutating func append(field name: String, _ value: String) {
        append(name)
        append(value)
    }
}
