public import Logging
public import Marketplace
public import RedisClient
import Synchronization

/// The replies to this process's commands.
///
///     let expected = try replies.expect(command.id)   // before it is enqueued, or the reply may come too soon
///     command.reply = expected.address.description
///     try await producer.enqueue(command, to: .orders)
///     let reply = await expected.wait(until: .now + .seconds(10))
///
/// `run()` reads them, and must be running. A reply that nobody expects is dropped: the inbox has it.
public final class ReplyStream: Sendable {
    /// The process in the addresses of its replies. Never used by another process.
    public let instance: String

    private let blocking: RedisClient
    private let key: String
    private let logger: Logger
    private let waiters: ReplyWaiters

    /// - Parameters:
    ///   - blocking: of role `.blocking`, and this stream's alone.
    ///   - maximumExpected: how many replies may be expected at a time.
    public init(
        instance: String = InstanceName.make(), blocking: RedisClient, keys: Keys, maximumExpected: Int = 20_000,
        logger: Logger
    ) {
        precondition(ReplyAddress(instance)?.ticket == nil && instance.utf8.count <= EnvelopeLimits.instance)
        self.instance = instance
        self.blocking = blocking
        key = keys.replies(instance)
        waiters = ReplyWaiters(maximum: maximumExpected)
        self.logger = logger
    }

    /// Registers for a command's reply; several may for one. It is given up when the expectation is let go.
    public func expect(_ id: CommandID) throws(TooManyExpected) -> ExpectedReply {
        guard let ticket = waiters.register(id) else { throw TooManyExpected() }
        return ExpectedReply(
            id: id, address: ReplyAddress(instance: instance, ticket: ticket), ticket: ticket, waiters: waiters)
    }

    /// Ends every wait for a reply at that time at the latest, those to come too: the process is to stop.
    public func endWaits(by end: ContinuousClock.Instant) { waiters.endAll(by: end) }

    /// Reads until its task is cancelled.
    public func run() async {
        var position = StreamID.zero
        var pause = Self.firstPause
        while !Task.isCancelled {
            do {
                let found = try await read(after: position)
                waiters.deliver(found.compactMap { addressed($0.fields) })
                if let last = found.last {
                    position = last.id
                } else if try await lastID() < position {
                    // It expired while nobody asked, or Redis lost its data, or a clock went back: what comes now may have
                    // smaller ids.
                    logger.debug("the reply stream begins again")
                    position = .zero
                }
                pause = Self.firstPause
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("no replies can be read", metadata: ["error": "\(error)"])
                // Cancelled: the loop's condition ends it.
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    private static let firstPause = Duration.milliseconds(50)

    private func read(after position: StreamID) async throws -> [(id: StreamID, fields: StreamFields)] {
        let block = 1000
        let command = RedisCommand(
            "XREAD", "COUNT", 1000, "BLOCK", block, "STREAMS", key, position.description)
        let timeout = Duration.milliseconds(block) + blocking.configuration.commandTimeout
        return try StreamReply.onlyStream(try await blocking.send(command, timeout: timeout))
    }

    private func lastID() async throws -> StreamID {
        try await StreamInfo.read(key, by: blocking)?.lastGeneratedID ?? .zero
    }

    private func addressed(_ fields: StreamFields) -> (reply: Reply, ticket: UInt64?)? {
        guard let address = fields.text("to").flatMap({ ReplyAddress($0) }),
            let id = fields.text("id").flatMap({ CommandID($0) }),
            let outcome = fields.text("outcome").flatMap({ Reply.Outcome(rawValue: $0) }), let body = fields["body"]
        else {
            logger.warning("a reply could not be read")
            return nil
        }
        return (Reply(id: id, outcome: outcome, body: body), address.ticket)
    }
}

/// As many replies are expected as the process allows.
public struct TooManyExpected: Error, Sendable, Hashable, CustomStringConvertible {
    public init() {}
    public var description: String { "too many replies are waited for" }
}
