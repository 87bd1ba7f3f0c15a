import Marketplace
import Storage
import Streams

/// One message of a batch on its way through load, decide and store.
struct PendingMessage<Command: Sendable, Event: Sendable>: Sendable {
    /// `nil` for an event that only updates a copy.
    var message: Message<Command, Event>?
    /// The state that the event carries, if the engine keeps a copy of it. The handler may decide the event, too.
    var copied: CopiedFact?
    /// The id of the command or event: the key of its inbox row.
    var id: CommandID
    var accepted: InboxEntry
    var trace: String
    /// The number of failures that the entry carries.
    var failures: Int
    /// True if the entry runs alone already.
    var isSuspect: Bool
    /// The subjects of a command whose sender waits for the reply: see ``ServiceHandler/subjects(of:)``.
    var subjects: [String] = []
    /// The indexes of the batch's entries that contain this message: a stream can contain the same command twice.
    var entries: [Int]
}

/// The result of one message.
enum MessageResult: Sendable {
    /// Committed, now or earlier, with the reply to its sender.
    case reply(Reply.Outcome, body: [UInt8], isReplay: Bool = false)
    /// Committed. The reply is sent later, or there is none.
    case silent
    /// Not decided, because a copy that it needs is behind, or because the batch took too long.
    case deferred(reason: String)
    case failed(reason: String)
    /// Not decided, because other commands about the same subject have failed.
    case subjectRefused
    /// Not decided, because a row that it needs has a value that only a newer build knows.
    case waitsForNewerBuild(reason: String)

    var isDeferred: Bool { if case .deferred = self { true } else { false } }
}
