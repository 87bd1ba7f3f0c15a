public import Marketplace

/// What became of one entry.
public enum Outcome: Sendable, Hashable {
    /// Committed, or already there: it is acked, and these replies are sent.
    case done(replies: [ReplyMessage])
    /// It can't be handled yet, through no fault of its own: it comes back after that time.
    case putOff(after: Duration, reason: String)
    /// It went wrong. It comes back later to run alone; once it has failed alone often enough, it is given up on.
    case failed(reason: String)
    /// No attempt will ever help: it goes to the dead letters now.
    case dead(reason: String, replies: [ReplyMessage] = [])

    public static var done: Outcome { .done(replies: []) }
}

/// A reply on its way to the process that waits for it.
public struct ReplyMessage: Sendable, Hashable {
    /// The waiting process: the command's `reply`.
    public let instance: String
    public let reply: Reply

    public init(instance: String, reply: Reply) {
        self.instance = instance
        self.reply = reply
    }
}

/// The answer to a command.
public struct Reply: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable {
        /// Committed.
        case done
        /// Refused, and stored as refused.
        case refused
        /// Not handled in time, and nothing stored: try again.
        case busy
    }

    public let id: CommandID
    public let outcome: Outcome
    /// JSON.
    public let body: [UInt8]

    public init(id: CommandID, outcome: Outcome, body: [UInt8]) {
        self.id = id
        self.outcome = outcome
        self.body = body
    }
}
