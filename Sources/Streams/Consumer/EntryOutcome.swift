/// The result of handling one entry.
public enum EntryOutcome: Sendable, Hashable {
    /// Committed now or earlier. The entry is acknowledged, and the replies are sent.
    case done(replies: [ReplyMessage])
    /// The entry cannot be handled yet, but is not at fault. It comes back after this time. An empty reason adds
    /// nothing to its history.
    case deferred(after: Duration, reason: String)
    /// Failed. The entry comes back later to run alone, and becomes a dead letter after
    /// ``ConsumerSettings/maxFailuresBeforeDeadLetter`` failures in which it ran alone.
    case failed(reason: String)
    /// Can never be handled. The entry becomes a dead letter now.
    case deadLetter(reason: String, replies: [ReplyMessage] = [])

    public static var done: EntryOutcome { .done(replies: []) }
}
