@testable import Marketplace

/// A schema in memory whose decisions start work.
protocol InMemoryWork {
    associatedtype Command: Sendable
    associatedtype Event: Sendable

    var work: Set<Work> { get }

    mutating func run(_ batch: [Message<Command, Event>], now: Timestamp) throws -> [Decision]

    /// The event that gives a slice to the decider.
    static func event(_ slice: WorkSlice) -> Event
}

extension InMemoryWork {
    /// Takes a slice of each work until all have ended.
    ///
    /// - Parameter limit: The number of orders or listings in a slice.
    mutating func runWork(limit: Int = WorkSlice.maximum, now: Timestamp) throws -> [Decision] {
        var decisions: [Decision] = []
        while !work.isEmpty {
            for work in work.sorted() {
                var slice = WorkSlice(work)
                slice.limit = limit
                decisions += try run([.event(Fixture.eventHead(), Self.event(slice))], now: now)
            }
        }
        return decisions
    }
}
