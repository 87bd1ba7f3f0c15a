/// A command that a service gets when one of its timers is due.
///
/// It may come twice, late, some seconds early by the service's own clock, or for a timer that was moved or cleared in
/// the meantime. So the decision looks at the subject's present state, and not at ``due``. It defers the command if the
/// subject is due soon.
public protocol TimerCommand: CommandPayload {
    associatedtype Thing

    var subject: Identifier<Thing> { get }
    /// The time at which the timer was due when the command was sent, in whole milliseconds.
    var due: Timestamp { get }

    init(subject: Identifier<Thing>, due: Timestamp)
}

extension TimerCommand {
    /// True if the time is not reached, but so near that the sender's clock may be ahead of `now`.
    static func isSoon(_ due: Timestamp, by now: Timestamp) -> Bool { due > now && due - now <= .seconds(5) }

    public init(_ timer: DueTimer) { self.init(subject: Identifier(timer.subject.uuid), due: timer.due) }
}
