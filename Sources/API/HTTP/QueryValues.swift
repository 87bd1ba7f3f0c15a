/// Reads the parameters of a query as values, and collects the errors of all invalid parameters.
struct QueryValues {
    private let query: Query
    private(set) var faults: [Problem.Fault] = []

    init(_ query: Query) { self.query = query }

    /// Returns nil for a parameter that is missing, empty or invalid.
    ///
    /// - Parameter expected: The allowed values. For any other value, the error is "must be" with this text.
    mutating func read<Value>(_ name: String, _ expected: String, _ make: (String) -> Value?) -> Value? {
        guard let text = query[name], !text.isEmpty else { return nil }
        let value = make(text)
        if value == nil { fail(name, "must be \(expected)") }
        return value
    }

    mutating func fail(_ name: String, _ message: String) { faults.append(.init(message: message, field: name)) }
}
