/// Polls until a condition is true, for states without a signal to wait on.
///
/// - Parameters:
///   - what: The condition as a clause, such as "the order is complete".
///   - limit: Maximum time to wait. After this time, the function throws, with the last error of the condition.
public func eventually(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(20),
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what, within: limit, every: pause) { try await condition() ? () : nil }
}

/// Polls until a value exists, and returns it.
@discardableResult
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(20),
    isolation: isolated (any Actor)? = #isolation, _ value: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var lastError: (any Error)?
    repeat {
        do {
            if let value = try await value() { return value }
            lastError = nil
        } catch {
            lastError = error
        }
        try await clock.sleep(for: pause)
    } while clock.now < deadline
    throw SupportError(
        "Timed out after \(limit) waiting until \(what)." + (lastError.map { " The last attempt failed: \($0)" } ?? ""))
}
