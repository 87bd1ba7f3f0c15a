import NIOCore
import NIOPosix

/// A value for each event loop of the process's group, so that what a request uses need not change threads.
struct ByLoop<Value: Sendable>: Sendable {
    private let values: [ObjectIdentifier: Value]
    private let first: Value

    private init(values: [ObjectIdentifier: Value], first: Value) { (self.values, self.first) = (values, first) }

    init(_ make: (any EventLoop) -> Value) {
        let values = MultiThreadedEventLoopGroup.singleton.makeIterator().map { (ObjectIdentifier($0), make($0)) }
        // A group has a loop.
        first = values[0].1
        self.values = Dictionary(uniqueKeysWithValues: values)
    }

    /// The value of the loop that this runs on; elsewhere, that of the first.
    var here: Value {
        MultiThreadedEventLoopGroup.currentEventLoop.flatMap { values[ObjectIdentifier($0)] } ?? first
    }

    var all: [Value] { Array(values.values) }

    func map<Other>(_ transform: (Value) -> Other) -> ByLoop<Other> {
        ByLoop<Other>(values: values.mapValues(transform), first: transform(first))
    }
}
