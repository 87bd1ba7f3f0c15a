/// Runs `work` for the indexes below `count`, at most `width` at a time, and returns the results in order. The first
/// error cancels the rest.
public func concurrently<Value: Sendable>(
    _ count: Int, atMost width: Int = .max, _ work: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        var next = 0
        var results: [Int: Value] = [:]
        func start() {
            guard next < count else { return }
            let index = next
            next += 1
            group.addTask { (index, try await work(index)) }
        }
        for _ in 0..<min(width, count) { start() }
        for try await (index, value) in group {
            results[index] = value
            start()
        }
        return (0..<count).compactMap { results[$0] }
    }
}
