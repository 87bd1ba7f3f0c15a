import NIOCore
import NIOPosix

/// One value for each event loop of a group, so that a request uses the value of its own thread. If the group has more
/// event loops than the limit, several share a value.
struct PerEventLoop<Value: Sendable>: Sendable {
    private let values: [ObjectIdentifier: Value]
    private let first: Value
    /// All distinct values.
    let all: [Value]

    init(
        of group: some EventLoopGroup = MultiThreadedEventLoopGroup.singleton, atMost limit: Int,
        _ make: (any EventLoop) -> Value
    ) {
        let loops = Array(group.makeIterator())
        let made = loops.prefix(limit).map(make)
        // A group has at least one event loop, and the limit is at least one.
        first = made[0]
        values = Dictionary(
            uniqueKeysWithValues: loops.enumerated().map { (ObjectIdentifier($1), made[$0 % made.count]) })
        all = made
    }

    /// The value of the current event loop. Outside of an event loop, the value of the first event loop.
    var current: Value {
        MultiThreadedEventLoopGroup.currentEventLoop.flatMap { values[ObjectIdentifier($0)] } ?? first
    }
}
