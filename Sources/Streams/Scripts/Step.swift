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
    /// All steps in one flight, and their answers in order, the server's errors among them. Scripts that the server
    /// does not have yet are sent again by their source, after the rest.
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
    /// Whether a group or its stream is gone. Redis 6.2 wraps the errors of a script's commands.
    var isNoGroup: Bool { code == "NOGROUP" || message.contains("NOGROUP") }

    /// Whether Redis has no memory for it; 6.2 wraps this one as well.
    var isOutOfMemory: Bool { code == "OOM" || message.contains("OOM ") }
}
