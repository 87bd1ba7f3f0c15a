public import Logging
public import Marketplace
public import RedisClient
import Synchronization

/// Receives the replies to this process's commands.
///
///     let expected = try replies.expect(command.id)   // before it is sent, or the reply may come too soon
///     command.reply = expected.address.description
///     try await producer.enqueue(command, to: .orders)
///     let reply = await expected.wait(until: .now + .seconds(10))
///
/// `run()` reads the replies, and must be running. A reply that no caller expects is dropped, because the inbox has it.
public final class ReplyStream: Sendable {
    /// The name of the process in the addresses of its replies. No other process ever uses it.
    public let instance: String

    private let blocking: RedisClient
    private let key: String
    private let logger: Logger
    private let waiters: ReplyWaiters

    /// - Parameters:
    ///   - blocking: A client of role `.blocking`, used by this stream alone. With a shared client, the stream polls.
    ///   - maximumExpected: Maximum number of replies expected at a time.
    public init(
        instance: String = InstanceName.make(), blocking: RedisClient, keys: Keys, maximumExpected: Int = 20_000,
        logger: Logger
    ) {
        precondition(ReplyAddress(instance)?.waiter == nil && instance.utf8.count <= EnvelopeLimits.instance)
        self.instance = instance
        self.blocking = blocking
        key = keys.replies(instance)
        waiters = ReplyWaiters(maximum: maximumExpected)
        self.logger = logger
    }

    /// Registers for a command's reply, until the result is deallocated. Several callers may register for one command.
    public func expect(_ id: CommandID) throws(TooManyExpected) -> ExpectedReply {
        guard let waiter = waiters.register(id) else { throw TooManyExpected() }
        return ExpectedReply(
            id: id, address: ReplyAddress(instance: instance, waiter: waiter), waiter: waiter, waiters: waiters)
    }

    /// Limits every present and future wait for a reply to this time, because the process is stopping.
    public func endWaits(by end: ContinuousClock.Instant) { waiters.endAll(by: end) }

    /// Reads replies until the task is cancelled.
    public func run() async {
        var position = StreamID.zero
        var backoff = Backoff(from: .milliseconds(50), to: .seconds(2))
        while !Task.isCancelled {
            do {
                let found = try await read(after: position)
                waiters.deliver(found.compactMap { addressed($0.fields) })
                if let last = found.last {
                    position = last.id
                } else if try await lastID() < position {
                    // The stream expired, Redis lost its data, or Redis's clock was set back: new replies may have
                    // smaller ids.
                    logger.debug("Reply stream starts again")
                    position = .zero
                }
                backoff.reset()
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("Could not read replies; retrying", metadata: ["error": "\(error)"])
                // If the sleep is cancelled, the loop ends.
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    private func read(after position: StreamID) async throws -> [(id: StreamID, fields: StreamFields)] {
        let replies = try await blocking.read(
            RedisCommand("XREAD", "COUNT", 1000), streams: [key, position.description], wait_ms: 1000,
            margin: blocking.configuration.commandTimeout)
        if let error = replies[0].error { throw RedisError.server(error, during: "XREAD") }
        return try StreamReplyParser.onlyStream(replies[0])
    }

    private func lastID() async throws -> StreamID {
        try await StreamInfo.read(key, by: blocking)?.lastGeneratedID ?? .zero
    }

    private func addressed(_ fields: StreamFields) -> (reply: Reply, waiter: UInt64?)? {
        guard let address = fields.text("to").flatMap({ ReplyAddress($0) }),
            let id = fields.text("id").flatMap({ CommandID($0) }),
            let outcome = fields.text("outcome").flatMap({ Reply.Outcome(rawValue: $0) }), let body = fields["body"]
        else {
            logger.warning("Skipped a malformed reply")
            return nil
        }
        let reply = Reply(id: id, outcome: outcome, body: body, isReplay: fields.text("replayed") != nil)
        return (reply, address.waiter)
    }
}

/// The process already expects the maximum number of replies.
public struct TooManyExpected: Error, Sendable, Hashable, CustomStringConvertible {
    public init() {}
    public var description: String { "the process waits for too many replies already" }
}
