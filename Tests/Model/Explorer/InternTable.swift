/// Interns values: gives each distinct value a small number, so that a state of the system is a few numbers.
struct InternTable<Value: Hashable> {
    private var ids: [Value: UInt32] = [:]
    private(set) var values: [Value] = []

    init(_ first: [Value] = []) {
        for value in first { _ = id(of: value) }
    }

    mutating func id(of value: Value) -> UInt32 {
        if let id = ids[value] { return id }
        let id = UInt32(values.count)
        ids[value] = id
        values.append(value)
        return id
    }

    subscript(id: UInt32) -> Value { values[Int(id)] }
}
