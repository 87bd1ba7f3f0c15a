import Marketplace
import NIOCore
import Synchronization

/// Who watches what, and the newest state of each: what the followers hear is published here, and each change is
/// rendered once for all watchers who see it alike.
///
/// A topic is known from its first watcher to its last. It is watched *before* its state is read, so that no change falls
/// between.
final class LiveHub: Sendable {
    /// The bytes of a fragment; nil when there is none to be shown.
    typealias Render = @Sendable (LiveState, Visitor) -> [UInt8]?
    typealias BoundStream = NIOLoopBound<LiveStream>
    typealias WatchID = UInt64

    struct Watcher {
        var viewer: LiveViewer
        var topic: LiveTopic
        /// Nil until its answer has begun.
        var stream: BoundStream?
        var eventLoop: any EventLoop
    }

    struct Topic {
        var state: LiveState?
        /// Of the state; each has a larger one than the state before.
        var revision: UInt64 = 0
        /// Of the state. Kept while there are several watchers.
        var frames: [Visitor: ByteBuffer] = [:]
        var watchers: Set<WatchID> = []
        /// Of a ticket: when its last read began.
        var readAt: ContinuousClock.Instant?
    }

    struct State {
        var topics: [LiveTopic: Topic] = [:]
        var watchers: [WatchID: Watcher] = [:]
        var lastWatch: WatchID = 0
        var perAddress: [String: Int] = [:]
        var perUser: [UserID: Int] = [:]
        var tickets = 0
        /// Watched tickets whose count may have changed since it was read.
        var dirty: Set<TicketID> = []
        var isClosed = false
    }

    let state = Mutex(State())
    let limits: LiveLimits
    private let render: Render

    init(limits: LiveLimits, render: @escaping Render) {
        self.limits = limits
        self.render = render
    }

    // MARK: Coming and going

    /// Takes in a watcher; it goes when the watch is let go of.
    /// - Throws: ``Problem`` (503, 429) beyond a limit, and when the process is stopping.
    func watch(
        _ topic: LiveTopic, by viewer: LiveViewer, on eventLoop: any EventLoop
    ) throws(Problem) -> LiveWatch {
        let watcher = Watcher(viewer: viewer, topic: topic, eventLoop: eventLoop)
        let id = try state.withLock { (state) throws(Problem) in
            if let refusal = state.refusal(of: viewer, limits) { throw refusal }
            return state.add(watcher)
        }
        return LiveWatch(hub: self, id: id, topic: topic)
    }

    /// Lets the watcher's stream have the state of the moment, and every later one. After ``close()``, which found no
    /// stream of this watcher to end, it ends at once.
    func attach(_ stream: LiveStream, to watch: LiveWatch) {
        typealias Shown = (state: LiveState, revision: UInt64, visitor: Visitor, frame: ByteBuffer?)
        let (isClosed, found) = state.withLock { state -> (Bool, Shown?) in
            guard !state.isClosed, let watcher = state.watchers[watch.id] else { return (state.isClosed, nil) }
            state.watchers[watch.id]?.stream = NIOLoopBound(stream, eventLoop: watcher.eventLoop)
            guard let topic = state.topics[watch.topic], let shown = topic.state else { return (false, nil) }
            let visitor = watcher.viewer.visitor
            return (false, (shown, topic.revision, visitor, topic.frames[visitor]))
        }
        if isClosed { return stream.end() }
        guard let (shown, revision, visitor, known) = found else { return }
        guard let frame = known ?? frame(of: shown, for: visitor) else { return }
        if known == nil {
            state.withLock { $0.keep(frame, of: watch.topic, revision: revision, for: visitor) }
        }
        stream.send(frame, revision: revision)
    }

    func leave(_ watch: LiveWatch.ID) { state.withLock { $0.remove(watch) } }

    /// Ends every stream, and takes in no more.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return Array(state.watchers.values)
        }
        onLoops(watchers) { $0.end() }
    }

    var count: Int { state.withLock { $0.watchers.count } }

    // MARK: Publishing

    /// A newer state of an order than the one shown is shown.
    func publish(_ order: OrderState) {
        publish(.order(order.id)) { shown in
            if case .order(let known)? = shown, known.version >= order.version { return nil }
            return .order(order)
        }
    }

    /// The newer facts of a listing, with the count of before: an event of them does not change it.
    func publish(_ facts: TicketState) {
        publish(.ticket(facts.id)) { shown in
            guard case .ticket(var ticket)? = shown else { return nil }
            ticket.hear(facts)
            return .ticket(ticket)
        }
    }

    /// What was read of a ticket. Reads follow each other (``LiveTicketReader``), so a later one is the newer.
    func publish(_ read: TicketAvailability) {
        publish(.ticket(read.id)) { shown in
            guard case .ticket(var ticket)? = shown else { return .ticket(read) }
            ticket.take(read)
            return .ticket(ticket)
        }
    }

    /// - Parameter change: gives the state to be shown after the one that is; nil for no change.
    private func publish(_ topic: LiveTopic, _ change: (LiveState?) -> LiveState?) {
        let found = state.withLock { state -> (LiveState, UInt64, [Watcher])? in
            guard let known = state.topics[topic], let new = change(known.state), new != known.state else {
                return nil
            }
            state.topics[topic]?.state = new
            state.topics[topic]?.revision += 1
            state.topics[topic]?.frames = [:]
            return (new, known.revision + 1, known.watchers.compactMap { state.watchers[$0] })
        }
        guard let (shown, revision, watchers) = found else { return }
        let attached = watchers.filter { $0.stream != nil }
        for (visitor, watchers) in Dictionary(grouping: attached, by: \.viewer.visitor) {
            guard let frame = frame(of: shown, for: visitor) else { continue }
            if watchers.count > 1 {
                state.withLock { $0.keep(frame, of: topic, revision: revision, for: visitor) }
            }
            onLoops(watchers) { $0.send(frame, revision: revision) }
        }
    }

    private func frame(of state: LiveState, for visitor: Visitor) -> ByteBuffer? {
        render(state, visitor).map { ServerSentEvent.event(state.name, $0) }
    }

    // MARK: Reaching the streams

    /// So many are written to before an event loop turns to something else.
    private static let atOnce = 256

    /// Does something to the streams, each on its event loop.
    func onLoops(_ watchers: [Watcher], _ work: @escaping @Sendable (LiveStream) -> Void) {
        for watchers in Dictionary(grouping: watchers, by: { ObjectIdentifier($0.eventLoop) }).values {
            let streams = watchers.compactMap(\.stream)
            for start in stride(from: 0, to: streams.count, by: Self.atOnce) {
                let part = streams[start..<min(start + Self.atOnce, streams.count)]
                watchers[0].eventLoop.execute { for stream in part { work(stream.value) } }
            }
        }
    }
}
