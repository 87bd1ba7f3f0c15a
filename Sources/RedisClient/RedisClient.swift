public import Logging
public import NIOCore
import NIOPosix

/// One connection to Redis, shared by any number of tasks.
///
/// Requests that tasks send at the same time go out in one write. Replies arrive in order.
///
/// The client connects on first use, and reconnects with exponential backoff. A request waits for a connection until
/// its timeout. A request that is in flight when the connection is lost fails; its error shows whether it may have been
/// sent. The client never sends a request twice.
///
/// A blocking command (`XREADGROUP … BLOCK`) delays all requests after it. Send it through a client of role
/// `.blocking`, with a timeout that is longer than the block.
public final class RedisClient: Sendable {
    public enum Role: Sendable {
        case shared
        /// A request that is cancelled or times out closes the connection, because nothing else makes the server drop
        /// the request.
        case blocking
    }

    public let configuration: RedisConfiguration
    public let role: Role
    private let loop: any EventLoop
    private let queue: RequestQueue
    private let connection: NIOLoopBoundBox<RedisChannelConnection>

    /// The event loop of all clients that are not given an event loop group. They share it so that only one thread
    /// wakes when a reply to one client causes a request by another.
    private static let defaultLoop = MultiThreadedEventLoopGroup.singleton.next()

    public init(
        configuration: RedisConfiguration, role: Role = .shared, logger: Logger,
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.configuration = configuration
        self.role = role
        let loop = eventLoopGroup?.next() ?? Self.defaultLoop
        self.loop = loop
        let queue = RequestQueue(
            maximumCommands: configuration.maximumWaitingCommands, maximumBytes: configuration.maximumWaitingBytes)
        self.queue = queue
        connection = NIOLoopBoundBox.makeBoxSendingValue(
            RedisChannelConnection(loop: loop, configuration: configuration, role: role, queue: queue, logger: logger),
            eventLoop: loop)
    }

    /// Runs tasks on the client's event loop. The client's replies then resume these tasks without waking another
    /// thread.
    package var executor: EventLoopExecutor? { .of(loop) }

    deinit {
        guard queue.close() else { return }
        loop.execute { [connection] in _ = connection.value.close() }
    }

    /// Sends one command and returns the reply. Throws an error reply as `RedisError.server`.
    /// - Parameter timeout: The maximum time until the reply; by default `configuration.commandTimeout`.
    public nonisolated(nonsending) func send(
        _ command: RedisCommand, timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        let reply = try await perform([command], operation: command.name, timeout: timeout)[0]
        if case .error(let error) = reply { throw .server(error, during: command.name) }
        return reply
    }

    /// Sends the commands together and returns their replies in order. Error replies are returned as values.
    ///
    /// No other task's command on this connection runs between them. But they are not a transaction: if the connection
    /// is lost, the server may have run some of them.
    public nonisolated(nonsending) func pipeline(
        _ commands: [RedisCommand], timeout: Duration? = nil
    ) async throws(RedisError) -> [RedisValue] {
        guard let first = commands.first else { return [] }
        let operation = commands.count == 1 ? first.name : "\(commands.count) commands starting with \(first.name)"
        return try await perform(commands, operation: operation, timeout: timeout)
    }

    /// Runs a script by its digest. Sends the source only if the server does not have the script.
    public nonisolated(nonsending) func evaluate(
        _ script: RedisScript, keys: [String], arguments: [any RedisWord] = [], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        do {
            return try await send(RedisCommand(script, keys: keys, arguments: arguments), timeout: timeout)
        } catch  where error.reply?.code == "NOSCRIPT" {
            return try await send(
                RedisCommand(script, keys: keys, arguments: arguments, bySource: true), timeout: timeout)
        }
    }

    /// Runs a script with many arguments: the words of the command `arguments` after its name.
    public nonisolated(nonsending) func evaluate(
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

    /// Fails all pending requests, refuses new ones, and returns when the socket is closed.
    public func close() async {
        guard queue.close() else { return }
        // The socket is closed even if this call fails.
        try? await loop.flatSubmit { [connection] in connection.value.close() }.get()
    }

    private nonisolated(nonsending) func perform(
        _ commands: [RedisCommand], operation: String, timeout: Duration?
    ) async throws(RedisError) -> [RedisValue] {
        let byteCount = commands.reduce(0) { $0 + $1.byteCount }
        let id: UInt64
        switch queue.reserve(commands: commands.count, bytes: byteCount) {
        case .admitted(let admitted): id = admitted
        case .overloaded: throw .overloaded(during: operation)
        case .closed: throw .closed(.notSent, during: operation)
        }
        defer { queue.release(commands: commands.count, bytes: byteCount) }

        // A word costs its length and about 8 bytes of framing.
        var bytes = ByteBuffer()
        bytes.reserveCapacity(commands.reduce(byteCount) { $0 + 16 + $1.count * 8 })
        for command in commands { command.encode(into: &bytes) }
        let deadline = NIODeadline.now() + TimeAmount(timeout ?? configuration.commandTimeout)

        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(
                    .request(
                        RequestQueue.Ledger.Request(
                            id: id, commandCount: commands.count, bytes: bytes, operation: operation,
                            deadline: deadline, completion: continuation)))
                // If the cancellation handler ran before the request was queued, it found nothing to cancel, so the
                // request is cancelled here.
                if Task.isCancelled { enqueue(.cancel(id)) }
            }
        } onCancel: {
            enqueue(.cancel(id))
        }
        return try outcome.get()
    }

    private func enqueue(_ message: RequestQueue.Message) {
        if queue.append(message) { loop.execute { [connection] in connection.value.drain() } }
    }
}
