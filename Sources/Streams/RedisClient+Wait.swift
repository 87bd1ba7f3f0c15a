import RedisClient

extension RedisClient {
    /// The interval at which a shared connection asks for entries.
    private static let pollInterval = Duration.milliseconds(25)

    /// Sends `XREAD` or `XREADGROUP`, waits until there are entries, and returns the replies to it and to `others`.
    ///
    /// On a connection of role `.blocking`, Redis waits for entries. On a shared connection, BLOCK would delay the
    /// commands of other callers, so this method polls: entries are found up to 25 ms later, and the process needs no
    /// further connection.
    ///
    /// - Parameters:
    ///   - command: The command up to the word BLOCK.
    ///   - streams: The keys, and then the ids.
    ///   - wait_ms: The maximum wait, at least 1 ms.
    ///   - others: Commands that are sent together with `command`, and run after it.
    ///   - margin: The maximum time for the reply beyond the wait.
    func read(
        _ command: RedisCommand, streams: [String], wait_ms: Int64, with others: [RedisCommand] = [], margin: Duration
    ) async throws -> [RedisValue] {
        var command = command
        if role == .blocking {
            command.append("BLOCK")
            command.append(wait_ms)
        }
        command.append("STREAMS")
        command.append(contentsOf: streams)
        guard role == .shared else {
            return try await pipeline([command] + others, timeout: .milliseconds(wait_ms) + margin)
        }
        let deadline = ContinuousClock.now + .milliseconds(wait_ms)
        while true {
            let replies = try await pipeline([command] + others, timeout: margin)
            guard case .null = replies[0], .now < deadline else { return replies }
            try await Task.sleep(until: min(deadline, .now + Self.pollInterval))
        }
    }
}
