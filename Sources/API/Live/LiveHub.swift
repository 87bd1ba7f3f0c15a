import Marketplace
import NIOCore
import Synchronization

/// Distributes the state of listings and orders to the open event streams. Each change is rendered once for all
/// watchers with an equal visitor.
///
/// A topic exists from its first watcher to its last. A watcher registers *before* the state is read, so that no change
/// is missed.
final class LiveHub: Sendable {
    /// Renders a fragment. Returns `nil` if there is nothing to show.
    typealias Render = @Sendable (LiveState, Visitor) -> [UInt8]?
    typealias BoundStream = NIOLoopBound<LiveStream>
    typealias WatchID = UInt64

    struct Watcher {
        var viewer: LiveViewer
        var topic: LiveTopic
        /// `nil` until the response has begun.
        var stream: BoundStream?
        var eventLoop: any EventLoop
    }

    struct Topic {
        var state: LiveState?
        /// Increases with each change of the state.
        var revision: UInt64 = 0
        /// The rendered state, cached while there are several watchers.
        var frames: [Visitor: ByteBuffer] = [:]
        var watchers: Set<WatchID> = []
        /// When the last read of a listing began.
        var readAt: ContinuousClock.Instant?
    }

    struct State {
        var topics: [LiveTopic: Topic] = [:]
        var watchers: [WatchID: Watcher] = [:]
        var lastWatch: WatchID = 0
        var perAddress: [String: Int] = [:]
        var perUser: [UserID: Int] = [:]
        var watchedListings = 0
        /// Watched listings whose availability may have changed since the last read.
        var dirty: Set<ListingID> = []
        var isClosed = false
    }

    let state = Mutex(State())
    let limits: LiveLimits
    private let render: Render

    init(limits: LiveLimits, render: @escaping Render) {
        self.limits = limits
        self.render = render
    }

    // MARK: Watchers

    /// Registers a watcher, until the returned watch is released.
    ///
    /// - Throws: ``Problem`` (503, 429) beyond a limit, and while the process is stopping.
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

    /// Sends the current state and every later state to the watcher's stream. After ``close()``, the stream ends
    /// immediately.
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
            state.withLock { $0.cache(frame, of: watch.topic, revision: revision, for: visitor) }
        }
        stream.send(frame, revision: revision)
    }

    func remove(_ watch: LiveWatch.ID) { state.withLock { $0.remove(watch) } }

    /// Ends every stream, and refuses new watchers.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            return Array(state.watchers.values)
        }
        onEventLoops(watchers) { $0.end() }
    }

    var count: Int { state.withLock { $0.watchers.count } }

    // MARK: Publishing

    /// Publishes the state of an order, if it is newer than the current one.
    func publish(_ order: OrderState) {
        publish(.order(order.id)) { shown in
            if case .order(let known)? = shown, known.version >= order.version { return nil }
            return .order(order)
        }
    }

    /// Publishes newer facts of a listing. The number of held units does not change, because events of listings do not
    /// contain it.
    func publish(_ facts: ListingState) {
        publish(.listing(facts.id)) { shown in
            guard case .listing(var listing)? = shown else { return nil }
            listing.apply(facts)
            return .listing(listing)
        }
    }

    /// Publishes the result of reading a listing. ``LiveListingReader`` runs one read at a time, so a later result is
    /// newer.
    func publish(_ read: ListingAvailability) {
        publish(.listing(read.id)) { shown in
            guard case .listing(var listing)? = shown else { return .listing(read) }
            listing.merge(read)
            return .listing(listing)
        }
    }

    /// - Parameter change: returns the new state for the current one, or `nil` for no change.
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
                state.withLock { $0.cache(frame, of: topic, revision: revision, for: visitor) }
            }
            onEventLoops(watchers) { $0.send(frame, revision: revision) }
        }
    }

    private func frame(of state: LiveState, for visitor: Visitor) -> ByteBuffer? {
        render(state, visitor).map { ServerSentEvent.event(state.name, $0) }
    }

    // MARK: Event loops

    /// Number of streams that an event loop writes to before it runs other tasks.
    private static let chunkSize = 256

    /// Calls the closure with each stream, on the stream's event loop.
    func onEventLoops(_ watchers: [Watcher], _ work: @escaping @Sendable (LiveStream) -> Void) {
        for watchers in Dictionary(grouping: watchers, by: { ObjectIdentifier($0.eventLoop) }).values {
            let streams = watchers.compactMap(\.stream)
            for start in stride(from: 0, to: streams.count, by: Self.chunkSize) {
                let chunk = streams[start..<min(start + Self.chunkSize, streams.count)]
                watchers[0].eventLoop.execute { for stream in chunk { work(stream.value) } }
            }
        }
    }
}
