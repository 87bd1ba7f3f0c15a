/// What is known of a command besides its payload.
public struct CommandHead: Hashable, Sendable {
    /// The id of the command, and of what it creates.
    public var id: CommandID
    public var actor: Actor
    /// When the API took it in.
    public var at: Timestamp
    /// Where its sender waits for the reply: a key of Redis, or nothing.
    public var reply: String

    public init(id: CommandID, actor: Actor, at: Timestamp, reply: String = "") {
        self.id = id
        self.actor = actor
        self.at = at
        self.reply = reply
    }
}

/// What is known of an event besides its payload.
public struct EventHead: Hashable, Sendable {
    public var id: EventID
    /// The version of the state that the payload holds.
    public var version: Int64
    public var at: Timestamp

    public init(id: EventID, version: Int64, at: Timestamp) {
        self.id = id
        self.version = version
        self.at = at
    }
}

/// What a service is asked, or told.
public enum Message<Command: Sendable, Event: Sendable>: Sendable {
    case command(CommandHead, Command)
    case event(EventHead, Event)
}

/// What was decided of one message. Its changes and events are kept by the state that decided.
public enum Verdict: Sendable {
    /// Taken in. The reply is what a command's sender is answered; an event has none.
    case done(any Encodable & Sendable)
    /// A "no", stored and replayed like any other reply.
    case refused(Refusal)
    /// A copy that it needs is behind: to be asked again. Nothing is stored.
    case putOff(reason: String)
    /// Taken in and committed, but answered later, by what it has set going.
    case answeredLater

    /// Taken in, and nothing to say.
    public static var done: Verdict { .done(Empty()) }

    /// `{}`.
    public struct Empty: Codable, Sendable, Hashable { public init() {} }
}

/// The verdict on one message, with the events of what it changed.
public struct Decision: Sendable {
    public var verdict: Verdict
    public var events: [NewEvent]

    public init(_ verdict: Verdict, events: [NewEvent] = []) {
        self.verdict = verdict
        self.events = events
    }

    /// Taken in, and nothing to say.
    public static let done = Decision(.done)

    public static func done(_ reply: any Encodable & Sendable, events: [NewEvent] = []) -> Decision {
        Decision(.done(reply), events: events)
    }

    public static func refused(_ code: Refusal.Code, _ message: String, field: String? = nil, price: Int64? = nil)
        -> Decision
    {
        Decision(.refused(Refusal(code, message, field: field, price: price)))
    }

    public static func putOff(_ reason: String) -> Decision { Decision(.putOff(reason: reason)) }
}

/// An event as decided, before it has an id and a place in the outbox.
public struct NewEvent: Sendable {
    public var type: EventType
    /// What it is about.
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

/// The names of all events, as they stand in the streams.
public enum EventType: String, Sendable, Codable, CaseIterable {
    case userCreated = "UserCreated"
    case userUpdated = "UserUpdated"
    case ticketCreated = "TicketCreated"
    case ticketUpdated = "TicketUpdated"
    case orderCreated = "OrderCreated"
    case orderConfirmed = "OrderConfirmed"
    case orderCompleted = "OrderCompleted"
    case orderCancelled = "OrderCancelled"
    case orderRefunded = "OrderRefunded"
    case orderExpired = "OrderExpired"
    case paymentAuthorized = "PaymentAuthorized"
    case chargeCreated = "ChargeCreated"
    case paymentFailed = "PaymentFailed"
    case chargeRefunded = "ChargeRefunded"
}

/// A payload that has a name in the stream's `type` field.
public protocol CommandPayload: Codable, Sendable {
    static var type: String { get }
}

extension CommandPayload {
    /// The type's own name: `CreateOrder`.
    public static var type: String { String(describing: Self.self) }
}
