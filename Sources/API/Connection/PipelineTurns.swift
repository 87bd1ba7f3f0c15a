import NIOCore
import NIOPosix

/// Limits how many pipelined requests an event loop handles before it reads from its sockets again.
///
/// An event loop reads from no socket while it has tasks to run. When a response is complete, the connection's next
/// pipelined request starts a new task. Without a limit, a few connections would keep the event loop busy, and all its
/// other connections would wait. So pipelined requests are handled in turns, with a pause in between.
///
/// Use an instance only on its event loop.
final class PipelineTurns {
    /// Maximum number of pipelined requests that start in a turn, of all connections of the event loop.
    static let limit = 8
    /// Half of the time from the last response of a full turn to the next turn.
    static let pause = TimeAmount.milliseconds(1)
    /// The next turn starts after this time even if there are requests without a response: they wait for a service.
    static let maxLength = TimeAmount.milliseconds(100)

    private let eventLoop: any EventLoop
    /// The number of the present turn.
    private var turn = 0
    private var started = 0
    private var unanswered = 0
    private var waiting = CircularBuffer<(Int) -> Void>()

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    private static let ofThread = ThreadSpecificVariable<NIOLoopBoundBox<PipelineTurns>>()

    /// Returns the instance of an event loop, on whose thread the caller must run.
    static func of(_ eventLoop: any EventLoop) -> PipelineTurns {
        eventLoop.preconditionInEventLoop()
        if let turns = ofThread.currentValue { return turns.value }
        let turns = PipelineTurns(eventLoop)
        ofThread.currentValue = NIOLoopBoundBox(turns, eventLoop: eventLoop)
        return turns
    }

    /// Starts a pipelined request in this turn or a later one.
    ///
    /// - Parameter start: Is called with the number of the turn. The caller reports the end of the request with
    ///   ``end(_:)``.
    func request(_ start: @escaping (Int) -> Void) {
        guard started < Self.limit, waiting.isEmpty else { return waiting.append(start) }
        begin(start)
    }

    /// Reports that a request of the turn has a response, or that its connection has ended.
    func end(_ turn: Int) {
        guard turn == self.turn else { return }
        unanswered -= 1
        guard unanswered == 0, started == Self.limit else { return }
        // The first timer may be due before the event loop has read its sockets, because of tasks that were left. The
        // second one begins when these have run.
        _ = eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { self.endTurn(turn, in: Self.pause) }
    }

    private func begin(_ start: (Int) -> Void) {
        started += 1
        unanswered += 1
        if started == 1 { endTurn(turn, in: Self.maxLength) }
        start(turn)
    }

    private func endTurn(_ turn: Int, in delay: TimeAmount) {
        _ = eventLoop.assumeIsolated().scheduleTask(in: delay) { self.endTurn(turn) }
    }

    private func endTurn(_ turn: Int) {
        guard turn == self.turn else { return }
        self.turn += 1
        (started, unanswered) = (0, 0)
        while started < Self.limit, let next = waiting.popFirst() { begin(next) }
    }
}
