/// A promise that a step has broken.
struct Broken: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Throws unless a promise is kept: a long run stops at the step that broke it.
func hold(_ promise: Bool, _ description: @autoclosure () -> String) throws {
    if !promise { throw Broken(description()) }
}

extension Dictionary {
    /// INSERT: what is there is refused, as by a primary key.
    mutating func insert(_ value: Value, for key: Key) throws {
        try hold(self[key] == nil, "inserted twice: \(key)")
        self[key] = value
    }

    /// UPDATE: what is not there is an error here, though SQL would pass it over.
    mutating func update(_ value: Value, for key: Key) throws {
        try hold(self[key] != nil, "updated, but not there: \(key)")
        self[key] = value
    }
}

extension Sequence where Element: Hashable {
    /// The rows with these keys.
    func rows<Row>(of table: [Element: Row]) -> [Row] { Set(self).compactMap { table[$0] } }
}
