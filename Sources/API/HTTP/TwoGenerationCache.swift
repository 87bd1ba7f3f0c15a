/// A dictionary of bounded size. To make room, it evicts approximately the least recently used entries.
///
/// It has two generations. When the younger generation is full, it replaces the older one. An entry that is used moves
/// to the younger generation, so an entry is evicted if it is not used while other entries fill half of the limit.
struct TwoGenerationCache<Key: Hashable, Value> {
    private let generationLimit: Int
    private var younger: [Key: Value] = [:]
    private var older: [Key: Value] = [:]

    /// - Parameter limit: maximum number of entries.
    init(limit: Int) { generationLimit = max(limit / 2, 1) }

    var count: Int { younger.count + older.count }

    mutating func value(_ key: Key) -> Value? {
        if let value = younger[key] { return value }
        guard let value = older.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    mutating func insert(_ value: Value, for key: Key) {
        if younger.count >= generationLimit, younger[key] == nil { (older, younger) = (younger, [:]) }
        younger[key] = value
    }
}
