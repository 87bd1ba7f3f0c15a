import NIOCore
import NIOPosix

/// A value for each event loop of the process's group, so that what a request uses need not change threads. Where there
/// are more loops than values may be made, several share one.
struct ByLoop<Value: Sendable>: Sendable {
    private let values: [ObjectIdentifier: Value]
    private let first: Value
    /// Each once.
    let all: [Value]

    init(
        of group: some EventLoopGroup = MultiThreadedEventLoopGroup.singleton, atMost limit: Int,
        _ make: (any EventLoop) -> Value
    ) {
        let loops = Array(group.makeIterator())
        let made = loops.prefix(limit).map(make)
        // A group has a loop, and the limit is one at least.
        first = made[0]
        values = Dictionary(
            uniqueKeysWithValues: loops.enumerated().map { (ObjectIdentifier($1), made[$0 % made.count]) })
        all = made
    }

    /// The value of the loop that this runs on; elsewhere, that of the first.
    var here: Value {
        MultiThreadedEventLoopGroup.currentEventLoop.flatMap { values[ObjectIdentifier($0)] } ?? first
    }
}
