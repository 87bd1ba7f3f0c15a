import Marketplace
import Storage
import Streams

/// One message of a batch on its way through the three steps, with the entries it came as: the same command can stand
/// in a stream twice.
struct Work<Command: Sendable, Event: Sendable>: Sendable {
    var message: Message<Command, Event>
    /// The id of the command or the event: the key of its inbox row.
    var id: CommandID
    var accepted: InboxEntry
    var trace: String
    /// Where the entries stand in the batch.
    var entries: [Int]
}

/// What became of one message.
enum Answer: Sendable {
    /// Committed, now or before: what its sender is answered.
    case reply(Reply.Outcome, body: [UInt8])
    /// Committed, and there is nothing to say, or someone else will.
    case silent
    /// A copy that it needs is behind.
    case putOff(reason: String)
    /// The database had no time for it.
    case delayed(reason: String)
    case failed(reason: String)
}
