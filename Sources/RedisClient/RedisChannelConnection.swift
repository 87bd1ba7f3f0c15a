import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// A client's connection and its pending requests, on one event loop.
///
/// It connects on the first request, sends the queue's requests, and reconnects after each loss until it is closed.
/// Not Sendable: every method runs on `loop`.
final class RedisChannelConnection {
    private enum Phase {
        case idle
        case connecting
        case handshake(any Channel, Handshake)
        case ready(any Channel)
        case waitingToReconnect(Scheduled<Void>)
        case closed
    }

    private let loop: any EventLoop
    private let configuration: RedisConfiguration
    private let role: RedisClient.Role
    private let logger: Logger
    private let queue: RequestQueue
    private var ledger = RequestQueue.Ledger()
    private var phase = Phase.idle
    private var backoff = Backoff(from: .milliseconds(50), to: .seconds(2))
    /// The number of the current attempt to connect. Callbacks of earlier connections carry a lower number.
    private var attempt = 0
    private var lastFailure: String?
    private var tlsContext: NIOSSLContext?
    private var expiryTimer: (instant: NIODeadline, task: Scheduled<Void>)?

    init(
        loop: any EventLoop, configuration: RedisConfiguration, role: RedisClient.Role, queue: RequestQueue,
        logger: Logger
    ) {
        self.loop = loop
        self.configuration = configuration
        self.role = role
        self.queue = queue
        self.logger = logger
    }

    // MARK: Requests

    /// Takes all requests from the queue, and sends them if the connection is ready.
    func drain() {
        var earliest: NIODeadline?
        for message in queue.takeAll() {
            switch message {
            case .request(let request):
                earliest = min(earliest ?? request.deadline, request.deadline)
                ledger.add(request)
            case .cancel(let id):
                guard let (finished, wasInFlight) = ledger.cancel(id) else { continue }
                finish([finished])
                if wasInFlight, role == .blocking { lost(attempt: attempt, .blockingRequestAbandoned) }
            }
        }
        switch phase {
        case .ready(let channel): flush(to: channel)
        case .idle: if ledger.hasQueued { connect() }
        case .connecting, .handshake, .waitingToReconnect: break
        case .closed: finish(ledger.failQueued { .closed($0, during: $1) })
        }
        if let earliest { scheduleExpiry(at: earliest) }
    }

    private func flush(to channel: any Channel) {
        let responseTimeout = TimeAmount(configuration.commandTimeout)
        guard let bytes = ledger.send(now: loop.now, responseTimeout: responseTimeout) else { return }
        channel.writeAndFlush(bytes, promise: nil)
    }

    func received(_ replies: [RedisValue], attempt: Int) {
        guard attempt == self.attempt else { return }
        var finished: [RequestQueue.Ledger.Finished] = []
        for reply in replies {
            switch phase {
            case .ready:
                guard !ledger.receive(reply, finished: &finished) else { continue }
                finish(finished)
                let code = reply.error?.code ?? ""
                return lost(attempt: attempt, .protocolViolation("a reply without a request: \(code)"))
            case .handshake(let channel, var handshake):
                let state = handshake.receive(reply)
                phase = .handshake(channel, handshake)
                guard advanceHandshake(state, channel) else { return }
            case .connecting:
                // A server that has too many clients sends an error before it closes the connection. The error may
                // arrive before the handshake has begun.
                if let error = reply.error { return lost(attempt: attempt, .unavailable(error.description)) }
            // An abandoned channel may still deliver replies.
            case .idle, .waitingToReconnect, .closed: break
            }
        }
        finish(finished)
    }

    private func finish(_ finished: [RequestQueue.Ledger.Finished]) {
        for (continuation, outcome) in finished { continuation.resume(returning: outcome) }
    }

    // MARK: Time

    /// Schedules the timer for this deadline, unless it is already scheduled for an earlier one. One timer serves all
    /// requests.
    private func scheduleExpiry(at instant: NIODeadline) {
        if let expiryTimer, expiryTimer.instant <= instant { return }
        expiryTimer?.task.cancel()
        expiryTimer = (instant, loop.assumeIsolated().scheduleTask(deadline: instant) { self.expireRequests() })
    }

    private func expireRequests() {
        expiryTimer = nil
        let (finished, timedOutInFlight, isUnresponsive) = ledger.expire(now: loop.now, cause: lastFailure)
        finish(finished)
        if isUnresponsive {
            lost(attempt: attempt, .unresponsive)
        } else if timedOutInFlight, role == .blocking {
            lost(attempt: attempt, .blockingRequestAbandoned)
        }
        if let next = ledger.nextExpiry { scheduleExpiry(at: next) }
    }

    // MARK: Connecting

    private func connect() {
        attempt += 1
        phase = .connecting
        let current = attempt
        let security: (context: NIOSSLContext, name: String?)?
        do {
            security = try configuration.usesTLS ? (sslContext(), serverName) : nil
        } catch {
            return lost(attempt: current, .refused("could not set up TLS: \(error)"))
        }
        let isolated = loop.assumeIsolated()
        let timeout = TimeAmount(configuration.connectTimeout)
        isolated.scheduleTask(in: timeout) { self.attemptTimedOut(current) }

        let connection = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .redisSocketOptions()
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handlers = channel.pipeline.syncOperations
                    if let security {
                        try handlers.addHandler(
                            NIOSSLClientHandler(context: security.context, serverHostname: security.name))
                    }
                    try handlers.addHandler(ReplyHandler(connection: connection.value, attempt: current))
                }
            }
        // An IP address needs no resolver.
        let connected =
            if let ipAddress {
                bootstrap.connect(to: ipAddress)
            } else {
                bootstrap.connect(host: configuration.host, port: configuration.port)
            }
        connected.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.startHandshake(over: channel, attempt: current)
            case .failure(let error): self.lost(attempt: current, .failed(error))
            }
        }
    }

    private var ipAddress: SocketAddress? {
        try? SocketAddress(ipAddress: configuration.host, port: configuration.port)
    }

    private func sslContext() throws -> NIOSSLContext {
        if let tlsContext { return tlsContext }
        var settings = TLSConfiguration.makeClientConfiguration()
        if let file = configuration.caFile { settings.trustRoots = .file(file) }
        if configuration.allowsSelfSignedCertificate { settings.certificateVerification = .none }
        let context = try NIOSSLContext(configuration: settings)
        tlsContext = context
        return context
    }

    /// The name for Server Name Indication, which does not allow IP addresses.
    private var serverName: String? { ipAddress == nil ? configuration.host : nil }

    private func startHandshake(over channel: any Channel, attempt: Int) {
        guard attempt == self.attempt, case .connecting = phase else { return channel.close(promise: nil) }
        let handshake = Handshake(configuration)
        phase = .handshake(channel, handshake)
        var bytes = ByteBuffer()
        for command in handshake.commands { command.encode(into: &bytes) }
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// Returns false if the handshake failed and the connection was closed.
    private func advanceHandshake(_ state: Handshake.State, _ channel: any Channel) -> Bool {
        switch state {
        case .inProgress: break
        case .ready:
            phase = .ready(channel)
            backoff.reset()
            if lastFailure != nil { logger.info("Reconnected to Redis", metadata: metadata) }
            lastFailure = nil
            flush(to: channel)
        case .unavailable(let reason):
            lost(attempt: attempt, .unavailable(reason))
            return false
        case .refused(let reason):
            lost(attempt: attempt, .refused(reason))
            return false
        }
        return true
    }

    private func attemptTimedOut(_ attempt: Int) {
        guard attempt == self.attempt else { return }
        switch phase {
        case .connecting, .handshake: lost(attempt: attempt, .connectTimedOut)
        case .idle, .ready, .waitingToReconnect, .closed: break
        }
    }

    /// Ends the current connection or attempt: fails the requests in flight and schedules a reconnect. If every attempt
    /// will fail until a setting is changed, fails the queued requests too.
    func lost(attempt: Int, _ loss: ConnectionLoss) {
        guard attempt == self.attempt else { return }
        let channel: (any Channel)?
        switch phase {
        case .ready(let open), .handshake(let open, _): channel = open
        case .connecting: channel = nil
        case .idle, .waitingToReconnect, .closed: return
        }
        let wasReady = if case .ready = phase { true } else { false }
        // Increment before the close, which calls this method again synchronously.
        self.attempt += 1
        channel?.close(promise: nil)
        finish(ledger.disconnect { loss.error($0, during: $1) })
        if loss.isRefusal {
            finish(ledger.failQueued { _, operation in .refused(during: operation, reason: loss.cause) })
        }
        if case .blockingRequestAbandoned = loss { return reconnect(after: .zero) }
        lastFailure = loss.cause
        logger.warning(
            wasReady ? "Lost the connection to Redis" : "Could not connect to Redis",
            metadata: metadata.merging(["cause": "\(loss.cause)"]) { $1 })
        reconnect(after: backoff.nextWithJitter())
    }

    private func reconnect(after delay: Duration) {
        let task = loop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { self.connect() }
        phase = .waitingToReconnect(task)
    }

    private var metadata: Logger.Metadata { ["redis": "\(configuration.address)"] }

    // MARK: Closing

    /// Fails all pending requests. The future succeeds when the socket is closed.
    func close() -> EventLoopFuture<Void> {
        let channel: (any Channel)?
        switch phase {
        case .ready(let open), .handshake(let open, _): channel = open
        case .waitingToReconnect(let task):
            task.cancel()
            channel = nil
        case .idle, .connecting, .closed: channel = nil
        }
        phase = .closed
        attempt += 1
        expiryTimer?.task.cancel()
        expiryTimer = nil
        finish(ledger.disconnect { .closed($0, during: $1) })
        finish(ledger.failQueued { .closed($0, during: $1) })
        guard let channel else { return loop.makeSucceededVoidFuture() }
        channel.close(promise: nil)
        return channel.closeFuture
    }
}
