/// A command that a service gets when one of its timers is due.
///
/// It may arrive twice, late, some seconds early by the service's own clock, or after its timer was moved or cleared.
/// The decision therefore depends on the subject's current state, not on ``due``. If the subject is due soon, the
/// decision defers the command.
public protocol TimerCommand: CommandPayload {
    associatedtype Thing

    var subject: Identifier<Thing> { get }
    /// The time at which the timer was due when the command was sent, in whole milliseconds.
    var due: Timestamp { get }

    init(subject: Identifier<Thing>, due: Timestamp)
}

extension TimerCommand {
    /// True if the time is after `now`, but by at most five seconds: the sender's clock may be ahead.
    static func isSoon(_ due: Timestamp, by now: Timestamp) -> Bool { due > now && due - now <= .seconds(5) }

    public init(_ timer: DueTimer) { self.init(subject: Identifier(timer.subject.uuid), due: timer.due) }
}
