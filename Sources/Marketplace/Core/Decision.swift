/// The result of deciding one message: its outcome, and the events of the changes it made.
///
/// The changes themselves are recorded in the state on which the message was decided.
public struct Decision: Sendable {
    public enum Outcome: Sendable {
        /// The message took effect. A command's sender receives the reply; an event has no sender.
        case reply(any Encodable & Sendable)
        /// The message is refused. The refusal is stored and replayed like any other reply.
        case refused(Refusal)
        /// The message cannot be decided yet, for example because a copy is behind. Nothing is stored, and the message
        /// is decided again later.
        case deferred(reason: String)
        /// The message took effect. A later decision produces the reply.
        case replyLater
    }

    /// A reply without content: `{}`.
    public struct EmptyReply: Codable, Sendable, Hashable { public init() {} }

    public var outcome: Outcome
    public var events: [NewEvent]

    public init(_ outcome: Outcome, events: [NewEvent] = []) {
        self.outcome = outcome
        self.events = events
    }

    /// The message took effect, with an empty reply and no events.
    public static let done = Decision(.reply(EmptyReply()))

    /// The message took effect, with an empty reply.
    public static func done(events: [NewEvent]) -> Decision { Decision(.reply(EmptyReply()), events: events) }

    public static func reply(_ reply: any Encodable & Sendable, events: [NewEvent] = []) -> Decision {
        Decision(.reply(reply), events: events)
    }

    public static func refused(_ refusal: Refusal) -> Decision { Decision(.refused(refusal)) }

    public static func refused(_ code: Refusal.Code, _ message: String, field: String? = nil, price: Int64? = nil)
        -> Decision
    {
        .refused(Refusal(code, message, field: field, price: price))
    }

    public static func deferred(_ reason: String) -> Decision { Decision(.deferred(reason: reason)) }
}
