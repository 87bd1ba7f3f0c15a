import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// The connection of one client and all that waits on it, on one event loop: connects when first asked, writes what the
/// inbox holds, and comes back after a loss until it is closed.
///
/// Not Sendable: every method runs on `loop`.
final class RedisLink {
    private enum Phase {
        case idle
        case connecting
        case greeting(any Channel, Greeting)
        case ready(any Channel)
        case resting(Scheduled<Void>)
        case closed
    }

    private let loop: any EventLoop
    private let configuration: RedisConfiguration
    private let role: RedisClient.Role
    private let logger: Logger
    private let inbox: Inbox
    private var ledger = Inbox.Ledger()
    private var phase = Phase.idle
    private var backoff = Backoff()
    private var generator = SystemRandomNumberGenerator()
    /// Tells the events of the present connection from those of an earlier one.
    private var attempt = 0
    private var lastFailure: String?
    private var tlsContext: NIOSSLContext?
    private var alarm: (instant: NIODeadline, task: Scheduled<Void>)?

    init(
        loop: any EventLoop, configuration: RedisConfiguration, role: RedisClient.Role, inbox: Inbox, logger: Logger
    ) {
        self.loop = loop
        self.configuration = configuration
        self.role = role
        self.inbox = inbox
        self.logger = logger
    }

    // MARK: Requests

    /// Takes what the tasks left, and sends it if there is a connection.
    func drain() {
        var earliest: NIODeadline?
        for message in inbox.takeAll() {
            switch message {
            case .request(let request):
                earliest = min(earliest ?? request.deadline, request.deadline)
                ledger.add(request)
            case .cancel(let id):
                guard let (finished, wasInFlight) = ledger.cancel(id) else { continue }
                finish([finished])
                if wasInFlight, role == .blocking { lost(attempt: attempt, .givenUp) }
            }
        }
        switch phase {
        case .ready(let channel): flush(to: channel)
        case .idle: if ledger.hasQueued { connect() }
        case .connecting, .greeting, .resting: break
        case .closed: finish(ledger.failQueued { .closed($0, during: $1) })
        }
        if let earliest { setAlarm(for: earliest) }
    }

    private func flush(to channel: any Channel) {
        let patience = TimeAmount(configuration.commandTimeout)
        if let bytes = ledger.send(now: loop.now, patience: patience) { channel.writeAndFlush(bytes, promise: nil) }
    }

    func received(_ replies: [RedisValue], attempt: Int) {
        guard attempt == self.attempt else { return }
        var finished: [Inbox.Ledger.Finished] = []
        for reply in replies {
            switch phase {
            case .ready:
                guard !ledger.receive(reply, finished: &finished) else { continue }
                finish(finished)
                return lost(attempt: attempt, .violation("an answer that nobody asked for: \(reply.error?.code ?? "")"))
            case .greeting(let channel, var greeting):
                let step = greeting.receive(reply)
                phase = .greeting(channel, greeting)
                guard greeted(step, channel) else { return }
            // Channels that were given up may still deliver.
            case .idle, .connecting, .resting, .closed: break
            }
        }
        finish(finished)
    }

    private func finish(_ finished: [Inbox.Ledger.Finished]) {
        for (continuation, outcome) in finished { continuation.resume(returning: outcome) }
    }

    // MARK: Time

    /// One alarm for all requests, at the earliest moment one of them may run out.
    private func setAlarm(for instant: NIODeadline) {
        if let alarm, alarm.instant <= instant { return }
        alarm?.task.cancel()
        alarm = (instant, loop.assumeIsolated().scheduleTask(deadline: instant) { self.alarmRang() })
    }

    private func alarmRang() {
        alarm = nil
        let (finished, gaveUpInFlight, isDead) = ledger.expire(now: loop.now, cause: lastFailure)
        finish(finished)
        if isDead {
            lost(attempt: attempt, .unanswered)
        } else if gaveUpInFlight, role == .blocking {
            lost(attempt: attempt, .givenUp)
        }
        if let next = ledger.nextExpiry { setAlarm(for: next) }
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
            return lost(attempt: current, .refused("TLS can't be set up: \(error)"))
        }
        let isolated = loop.assumeIsolated()
        let timeout = TimeAmount(configuration.connectTimeout)
        isolated.scheduleTask(in: timeout) { self.attemptRanOut(current) }

        let link = NIOLoopBound(self, eventLoop: loop)
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
                    try handlers.addHandler(ReplyHandler(link: link.value, attempt: current))
                }
            }
        // An address needs no resolver.
        let connected =
            if let ipAddress {
                bootstrap.connect(to: ipAddress)
            } else {
                bootstrap.connect(host: configuration.host, port: configuration.port)
            }
        connected.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.greet(over: channel, attempt: current)
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
        if configuration.allowsSelfSignedCertificate { settings.certificateVerification = .none }
        let context = try NIOSSLContext(configuration: settings)
        tlsContext = context
        return context
    }

    /// Server Name Indication takes no IP addresses.
    private var serverName: String? { ipAddress == nil ? configuration.host : nil }

    private func greet(over channel: any Channel, attempt: Int) {
        guard attempt == self.attempt, case .connecting = phase else { return channel.close(promise: nil) }
        let greeting = Greeting(configuration)
        phase = .greeting(channel, greeting)
        var bytes = ByteBuffer()
        for command in greeting.commands { command.encode(into: &bytes) }
        channel.writeAndFlush(bytes, promise: nil)
    }

    /// False when that was the end of the connection.
    private func greeted(_ step: Greeting.Step, _ channel: any Channel) -> Bool {
        switch step {
        case .goOn: break
        case .ready:
            phase = .ready(channel)
            backoff.reset()
            if lastFailure != nil { logger.info("connected to Redis again", metadata: metadata) }
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

    private func attemptRanOut(_ attempt: Int) {
        guard attempt == self.attempt else { return }
        switch phase {
        case .connecting, .greeting: lost(attempt: attempt, .attemptTimedOut)
        case .idle, .ready, .resting, .closed: break
        }
    }

    /// The end of the present connection or attempt: fails what was in flight, and tries again after a rest.
    func lost(attempt: Int, _ loss: ConnectionLoss) {
        guard attempt == self.attempt else { return }
        let channel: (any Channel)?
        switch phase {
        case .ready(let open), .greeting(let open, _): channel = open
        case .connecting: channel = nil
        case .idle, .resting, .closed: return
        }
        let wasReady = if case .ready = phase { true } else { false }
        // Before the close: it calls back here at once.
        self.attempt += 1
        channel?.close(promise: nil)
        finish(ledger.disconnect { loss.error($0, during: $1) })
        if loss.isRefusal {
            finish(ledger.failQueued { _, work in .refused(during: work, reason: loss.cause) })
        }
        if case .givenUp = loss { return rest(for: .zero) }
        lastFailure = loss.cause
        logger.warning(
            wasReady ? "lost the connection to Redis" : "no connection to Redis",
            metadata: metadata.merging(["cause": "\(loss.cause)"]) { $1 })
        rest(for: backoff.delay(using: &generator))
    }

    private func rest(for delay: Duration) {
        let task = loop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { self.connect() }
        phase = .resting(task)
    }

    private var metadata: Logger.Metadata { ["redis": "\(configuration.address)"] }

    // MARK: Closing

    /// Fails all that waits. The future succeeds when the socket is closed.
    func close() -> EventLoopFuture<Void> {
        let channel: (any Channel)?
        switch phase {
        case .ready(let open), .greeting(let open, _): channel = open
        case .resting(let task):
            task.cancel()
            channel = nil
        case .idle, .connecting, .closed: channel = nil
        }
        phase = .closed
        attempt += 1
        alarm?.task.cancel()
        alarm = nil
        finish(ledger.disconnect { .closed($0, during: $1) })
        finish(ledger.failQueued { .closed($0, during: $1) })
        guard let channel else { return loop.makeSucceededVoidFuture() }
        channel.close(promise: nil)
        return channel.closeFuture
    }
}
