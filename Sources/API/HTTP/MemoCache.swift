import Synchronization

/// Caches a product together with the source that it was made from, and reuses the product as long as the current
/// source is equal to that source. So a cached response is as fresh as the read of its source, and a response is made
/// again only if the read shows a change.
final class MemoCache<Key: Hashable & Sendable, Source: Equatable & Sendable, Product: Sendable>: Sendable {
    private struct Entry {
        let source: Source
        let product: Product
    }

    private let entries: Mutex<TwoGenerationCache<Key, Entry>>

    /// - Parameter limit: maximum number of products.
    init(limit: Int) { entries = Mutex(TwoGenerationCache(limit: limit)) }

    /// Returns the cached product if it was made from an equal source; otherwise makes a product and caches it.
    ///
    /// - Parameter key: `nil` for a product that must not be cached.
    func product(_ key: Key?, of source: Source, _ make: () throws -> Product) rethrows -> Product {
        guard let key else { return try make() }
        if let entry = entries.withLock({ $0.value(key) }), entry.source == source { return entry.product }
        let entry = Entry(source: source, product: try make())
        entries.withLock { $0.insert(entry, for: key) }
        return entry.product
    }

    var count: Int { entries.withLock(\.count) }
}

extension MemoCache where Source == Never? {
    /// For a product that depends on its key alone.
    func product(_ key: Key?, _ make: () throws -> Product) rethrows -> Product {
        try product(key, of: nil, make)
    }
}
