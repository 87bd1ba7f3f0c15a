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
