/// An invariant that a step has broken.
struct BrokenInvariant: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Throws unless an invariant holds, so that a long run stops at the step that broke it.
func ensure(_ invariant: Bool, _ description: @autoclosure () -> String) throws {
    if !invariant { throw BrokenInvariant(description()) }
}

extension Dictionary {
    /// Inserts a row. Throws if the key exists, like a primary key.
    mutating func insert(_ value: Value, for key: Key) throws {
        try ensure(self[key] == nil, "inserted twice: \(key)")
        self[key] = value
    }

    /// Updates a row. Throws if the key does not exist, although SQL would not report it.
    mutating func update(_ value: Value, for key: Key) throws {
        try ensure(self[key] != nil, "updated, but missing: \(key)")
        self[key] = value
    }
}

extension Sequence where Element: Hashable {
    /// Returns the rows with these keys.
    func rows<Row>(of table: [Element: Row]) -> [Row] { Set(self).compactMap { table[$0] } }
}
