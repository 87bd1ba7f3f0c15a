public import Marketplace

/// The reply to a command.
public struct Reply: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable {
        /// Committed.
        case done
        /// Refused, and the refusal is stored.
        case refused
        /// Not handled in time. Nothing is stored, and the sender may try again.
        case busy
    }

    public let id: CommandID
    public let outcome: Outcome
    /// JSON.
    public let body: [UInt8]
    /// True if the command was executed before, and this is its stored reply.
    public let isReplay: Bool

    public init(id: CommandID, outcome: Outcome, body: [UInt8], isReplay: Bool = false) {
        self.id = id
        self.outcome = outcome
        self.body = body
        self.isReplay = isReplay
    }
}
