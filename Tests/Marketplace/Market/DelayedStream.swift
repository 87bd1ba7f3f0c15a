import Marketplace

/// A stream that delivers late, out of order, and some entries twice.
struct DelayedStream<Entry: Sendable> {
    private var waiting: [Entry] = []
    /// True if an entry may be delivered twice. A command is delivered once: this simulation has no inbox that
    /// recognizes a repeated command.
    private let mayRepeat: @Sendable (Entry) -> Bool

    init(mayRepeat: @escaping @Sendable (Entry) -> Bool = { _ in true }) { self.mayRepeat = mayRepeat }

    var isEmpty: Bool { waiting.isEmpty }

    mutating func add(_ entry: Entry) { waiting.append(entry) }

    mutating func take(all: Bool, using random: inout SeededGenerator) -> [Entry] {
        let count = all ? waiting.count : Int.random(in: 0...min(10, waiting.count), using: &random)
        return (0..<count).map { _ in
            let index = Int.random(in: 0..<min(8, waiting.count), using: &random)
            let isRepeated = !all && random.chance(15) && mayRepeat(waiting[index])
            return isRepeated ? waiting[index] : waiting.remove(at: index)
        }
    }
}

extension DelayedStream {
    /// A stream of messages to a service.
    static func messages<Command, Event>() -> DelayedStream where Entry == Message<Command, Event> {
        DelayedStream { if case .event = $0 { true } else { false } }
    }
}
