extension Kind {
    /// The subject of a timer: an order or a listing.
    public enum TimerSubject {}
}

public typealias TimerSubjectID = Identifier<Kind.TimerSubject>

/// The time at which a timer of one subject is due. A subject has at most one timer of each kind.
public struct DueTimer: Hashable, Sendable {
    public var subject: TimerSubjectID
    public var due: Timestamp

    public init(subject: TimerSubjectID, due: Timestamp) {
        self.subject = subject
        self.due = due
    }
}
