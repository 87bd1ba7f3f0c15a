/// The objects of one kind, in the order they were made. Beyond its limit the oldest tenth is forgotten.
struct Shelf<Value: Sendable>: Sendable {
    private let limit: Int
    private(set) var ids: [String] = []
    private var values: [String: Value] = [:]

    init(limit: Int) {
        self.limit = limit
    }

    /// Setting a new id puts it last; nil is not for setting.
    subscript(_ id: String) -> Value? {
        get { values[id] }
        set {
            guard let newValue else { return }
            if values.updateValue(newValue, forKey: id) == nil {
                ids.append(id)
                if ids.count > limit { forgetOldest() }
            }
        }
    }

    subscript(_ id: String, default value: @autoclosure () -> Value) -> Value {
        get { values[id] ?? value() }
        set { self[id] = newValue }
    }

    var count: Int { ids.count }

    var all: [Value] { ids.compactMap { values[$0] } }

    /// A page, newest first.
    func page(_ query: ListQuery, where isWanted: (Value) -> Bool) -> (values: [Value], hasMore: Bool) {
        var found: [Value] = []
        var isPast = query.startingAfter == nil
        for id in ids.reversed() {
            if let end = query.endingBefore, id == end { break }
            if !isPast {
                isPast = id == query.startingAfter
                continue
            }
            guard let value = values[id], isWanted(value) else { continue }
            if found.count == query.limit, query.endingBefore == nil { return (found, true) }
            found.append(value)
        }
        guard query.endingBefore != nil else { return (found, false) }
        // The page before an object is the one next to it.
        return (Array(found.suffix(query.limit)), found.count > query.limit)
    }

    private mutating func forgetOldest() {
        let old = ids.prefix(max(1, limit / 10))
        for id in old { values[id] = nil }
        ids.removeFirst(old.count)
    }
}
