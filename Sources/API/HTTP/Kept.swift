import Synchronization

/// What was made of things as they were read, for as long as they are read the same: so what is shown is as fresh as the
/// read, and is made anew only where that shows something new.
///
/// Bounded by number: what was not asked for since half as many others were kept is forgotten.
final class Kept<Key: Hashable & Sendable, Source: Equatable & Sendable, Product: Sendable>: Sendable {
    private struct Entry {
        let source: Source
        let product: Product
    }

    private struct State {
        var recent: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]

        /// What is asked for again belongs to what is recent.
        mutating func entry(_ key: Key, _ limit: Int) -> Entry? {
            if let entry = recent[key] { return entry }
            guard let entry = older.removeValue(forKey: key) else { return nil }
            keep(entry, key, limit)
            return entry
        }

        mutating func keep(_ entry: Entry, _ key: Key, _ limit: Int) {
            if recent.count >= max(limit / 2, 1), recent[key] == nil { (older, recent) = (recent, [:]) }
            recent[key] = entry
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many are kept at most.
    init(limit: Int) { self.limit = limit }

    /// What was made of the same before, else what is made now.
    ///
    /// - Parameter key: nil for what is not worth keeping.
    func product(_ key: Key?, of source: Source, _ make: () throws -> Product) rethrows -> Product {
        guard let key else { return try make() }
        if let entry = state.withLock({ $0.entry(key, limit) }), entry.source == source { return entry.product }
        let entry = Entry(source: source, product: try make())
        state.withLock { $0.keep(entry, key, limit) }
        return entry.product
    }

    /// How many are kept.
    var count: Int { state.withLock { $0.recent.count + $0.older.count } }
}

extension Kept where Source == Never? {
    /// What depends on its key alone.
    func product(_ key: Key?, _ make: () throws -> Product) rethrows -> Product {
        try product(key, of: nil, make)
    }
}
