public import Logging
public import NIOCore
import NIOPosix

/// One connection to Redis, shared by any number of tasks: what they send at the same time leaves in one write, and is
/// answered in order.
///
/// It connects when first used, and again with growing pauses whenever it is lost. A request waits for a connection as
/// long as its own time allows; one that was in flight when the connection died fails, and its error says whether it
/// may have been sent. Nothing is ever sent twice by the client.
///
/// A blocking command (`XREADGROUP … BLOCK`) would hold up everyone else: give those a client of role `.blocking`, and
/// a timeout longer than the block.
public final class RedisClient: Sendable {
    public enum Role: Sendable {
        case shared
        /// A request that is cancelled or runs out of time closes the connection, which is the only way to make the
        /// server stop working on it.
        case blocking
    }

    public let configuration: RedisConfiguration
    private let loop: any EventLoop
    private let inbox: Inbox
    private let link: NIOLoopBoundBox<RedisLink>

    /// One for all clients of a process that are not told otherwise: what one of them reads, and what is written to another
    /// for it, wake one thread.
    private static let usualLoop = MultiThreadedEventLoopGroup.singleton.next()

    public init(
        configuration: RedisConfiguration, role: Role = .shared, logger: Logger,
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.configuration = configuration
        let loop = eventLoopGroup?.next() ?? Self.usualLoop
        self.loop = loop
        let inbox = Inbox(
            maximumCommands: configuration.maximumWaitingCommands, maximumBytes: configuration.maximumWaitingBytes)
        self.inbox = inbox
        link = NIOLoopBoundBox.makeBoxSendingValue(
            RedisLink(loop: loop, configuration: configuration, role: role, inbox: inbox, logger: logger),
            eventLoop: loop)
    }

    deinit {
        guard inbox.close() else { return }
        loop.execute { [link] in _ = link.value.close() }
    }

    /// The server's answer to one command; an error that the server answers is thrown as `RedisError.server`.
    /// - Parameter timeout: from now to the answer; `configuration.commandTimeout` unless told.
    public func send(_ command: RedisCommand, timeout: Duration? = nil) async throws(RedisError) -> RedisValue {
        let reply = try await perform([command], work: command.name, timeout: timeout)[0]
        if case .error(let error) = reply { throw .server(error, during: command.name) }
        return reply
    }

    /// The server's answers in the order of the commands, its errors among them as values. Other tasks' commands never
    /// come between; but it is no transaction: a connection lost on the way may have run some of them.
    public func pipeline(
        _ commands: [RedisCommand], timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisValue] {
        guard let first = commands.first else { return [] }
        let work = commands.count == 1 ? first.name : "\(commands.count) commands from \(first.name) on"
        return try await perform(commands, work: work, timeout: timeout)
    }

    /// Runs a script by its digest, and sends its source only to a server that does not have it.
    public func evaluate(
        _ script: RedisScript, keys: [String], arguments: [any RedisWord] = [], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        do {
            return try await send(RedisCommand(script, keys: keys, arguments: arguments), timeout: timeout)
        } catch  where error.reply?.code == "NOSCRIPT" {
            return try await send(
                RedisCommand(script, keys: keys, arguments: arguments, bySource: true), timeout: timeout)
        }
    }

    /// The same for many arguments: the words of a command, whose name is not looked at.
    public func evaluate(
        _ script: RedisScript, keys: [String], wordsOf arguments: RedisCommand, timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        func command(bySource: Bool) -> RedisCommand {
            var command = RedisCommand(script, keys: keys, bySource: bySource)
            command.append(wordsOf: arguments)
            return command
        }
        do {
            return try await send(command(bySource: false), timeout: timeout)
        } catch  where error.reply?.code == "NOSCRIPT" {
            return try await send(command(bySource: true), timeout: timeout)
        }
    }

    /// Fails all that waits, refuses what comes, and returns when the socket is closed.
    public func close() async {
        guard inbox.close() else { return }
        // A close that fails has closed all the same.
        try? await loop.flatSubmit { [link] in link.value.close() }.get()
    }

    private func perform(
        _ commands: [RedisCommand], work: String, timeout: Duration?
    ) async throws(RedisError) -> [RedisValue] {
        let byteCount = commands.reduce(0) { $0 + $1.byteCount }
        let id: UInt64
        switch inbox.enter(commands: commands.count, bytes: byteCount) {
        case .admitted(let admitted): id = admitted
        case .overloaded: throw .overloaded(during: work)
        case .closed: throw .closed(.notSent, during: work)
        }
        defer { inbox.leave(commands: commands.count, bytes: byteCount) }

        // A word costs its length and about 8 bytes of framing.
        var bytes = ByteBuffer()
        bytes.reserveCapacity(commands.reduce(byteCount) { $0 + 16 + $1.count * 8 })
        for command in commands { command.encode(into: &bytes) }
        let deadline = NIODeadline.now() + TimeAmount(timeout ?? configuration.commandTimeout)

        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                put(
                    .request(
                        Inbox.Ledger.Request(
                            id: id, commandCount: commands.count, bytes: bytes, work: work, deadline: deadline,
                            completion: continuation)))
                // A handler that ran before the request was there found nothing to cancel.
                if Task.isCancelled { put(.cancel(id)) }
            }
        } onCancel: {
            put(.cancel(id))
        }
        return try outcome.get()
    }

    private func put(_ message: Inbox.Message) {
        if inbox.put(message) { loop.execute { [link] in link.value.drain() } }
    }
}
