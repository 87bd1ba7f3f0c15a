/// Looks again and again until what is waited for holds, for what gives no signal to wait on.
///
/// - Parameters:
///   - what: What is waited for, as the end of a sentence: "the order is complete".
///   - limit: How long at most; then it throws, with the last error that looking threw.
public func eventually(
    _ what: String, within limit: Duration = .seconds(10), every pause: Duration = .milliseconds(20),
    isolation: isolated (any Actor)? = #isolation, _ holds: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(what, within: limit, every: pause) { try await holds() ? () : nil }
}

/// The same, for what answers with a value once it is there.
@discardableResult
public func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(10), every pause: Duration = .milliseconds(20),
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
    throw SupportError("Not within \(limit): \(what)." + (lastError.map { " The last look failed: \($0)" } ?? ""))
}
