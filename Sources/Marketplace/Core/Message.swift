/// The header of a command: everything but its payload.
public struct CommandHead: Hashable, Sendable {
    /// The id of the command, and of the thing that it creates.
    public var id: CommandID
    public var actor: Actor
    /// The time at which the sender, such as the API, created the command.
    public var at: Timestamp
    /// The Redis key at which the sender waits for the reply. Empty if the sender does not wait.
    public var reply: String

    public init(id: CommandID, actor: Actor, at: Timestamp, reply: String = "") {
        self.id = id
        self.actor = actor
        self.at = at
        self.reply = reply
    }
}

/// The header of an event: everything but its payload.
public struct EventHead: Hashable, Sendable {
    public var id: EventID
    /// The version of the state in the payload.
    public var version: Int64
    public var at: Timestamp

    public init(id: EventID, version: Int64, at: Timestamp) {
        self.id = id
        self.version = version
        self.at = at
    }
}

/// A command sent to a service, or an event that the service follows.
public enum Message<Command: Sendable, Event: Sendable>: Sendable {
    case command(CommandHead, Command)
    case event(EventHead, Event)
}

/// The payload of a command.
public protocol CommandPayload: Codable, Sendable {
    /// The name in the stream's `type` field.
    static var type: String { get }
    /// True if the payload has personal data or a hash of a password. Such a payload is encrypted while it is in Redis.
    static var isConfidential: Bool { get }
}

extension CommandPayload {
    /// The Swift type's own name: `CreateOrder`.
    public static var type: String { String(describing: Self.self) }

    public static var isConfidential: Bool { false }
}
