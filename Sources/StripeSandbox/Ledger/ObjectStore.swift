/// The objects of one kind, in creation order. Above the limit, the oldest tenth is removed.
struct ObjectStore<Value: Sendable>: Sendable {
    private let limit: Int
    private(set) var ids: [String] = []
    private var values: [String: Value] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// Setting a new id appends it. Setting `nil` does nothing.
    subscript(_ id: String) -> Value? {
        get { values[id] }
        set {
            guard let newValue else { return }
            if values.updateValue(newValue, forKey: id) == nil {
                ids.append(id)
                if ids.count > limit { removeOldest() }
            }
        }
    }

    subscript(_ id: String, default value: @autoclosure () -> Value) -> Value {
        get { values[id] ?? value() }
        set { self[id] = newValue }
    }

    var count: Int { ids.count }

    var all: [Value] { ids.compactMap { values[$0] } }

    /// Returns one page of the matching objects, newest first.
    ///
    /// - Parameter kind: The objects' type, for the error if a cursor is unknown.
    func page(
        _ query: ListQuery, of kind: String, where matches: (Value) -> Bool
    ) throws(StripeFailure) -> (values: [Value], hasMore: Bool) {
        for (parameter, id) in [("starting_after", query.startingAfter), ("ending_before", query.endingBefore)] {
            if let id, values[id] == nil { throw .noSuchReference(kind, id, parameter: parameter) }
        }
        var found: [Value] = []
        var hasStarted = query.startingAfter == nil
        for id in ids.reversed() {
            if let end = query.endingBefore, id == end { break }
            if !hasStarted {
                hasStarted = id == query.startingAfter
                continue
            }
            guard let value = values[id], matches(value) else { continue }
            if found.count == query.limit, query.endingBefore == nil { return (found, true) }
            found.append(value)
        }
        guard query.endingBefore != nil else { return (found, false) }
        // The page before an object consists of the objects nearest to it.
        return (Array(found.suffix(query.limit)), found.count > query.limit)
    }

    private mutating func removeOldest() {
        let old = ids.prefix(max(1, limit / 10))
        for id in old { values[id] = nil }
        ids.removeFirst(old.count)
    }
}
