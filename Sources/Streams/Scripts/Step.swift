import RedisClient

/// A command, or a script with its arguments.
enum Step: Sendable {
    case command(RedisCommand)
    case script(RedisScript, keys: [String], arguments: [any RedisWord])

    fileprivate func command(bySource: Bool) -> RedisCommand {
        switch self {
        case .command(let command): command
        case .script(let script, let keys, let arguments):
            RedisCommand(script, keys: keys, arguments: arguments, bySource: bySource)
        }
    }
}

extension RedisClient {
    /// Sends all steps in one pipeline. Returns their replies in order, including the server's errors. Scripts that the
    /// server does not know are sent again with their source, after the other steps.
    func pipeline(_ steps: [Step], timeout: Duration? = nil) async throws(RedisError) -> [RedisValue] {
        var replies = try await pipeline(steps.map { $0.command(bySource: false) }, timeout: timeout)
        let unknown = replies.indices.filter { replies[$0].error?.code == "NOSCRIPT" }
        guard !unknown.isEmpty else { return replies }
        let again = try await pipeline(unknown.map { steps[$0].command(bySource: true) }, timeout: timeout)
        for (index, reply) in zip(unknown, again) { replies[index] = reply }
        return replies
    }
}

extension RedisReplyError {
    /// True if a group or its stream does not exist, or was deleted during a blocking read. Redis 6.2 puts the error of
    /// a script's command into another error's message.
    var isNoGroup: Bool { code == "NOGROUP" || code == "UNBLOCKED" || message.contains("NOGROUP") }

    /// True if Redis is out of memory. Redis 6.2 also puts this error into another error's message.
    var isOutOfMemory: Bool { code == "OOM" || message.contains("OOM ") }
}
