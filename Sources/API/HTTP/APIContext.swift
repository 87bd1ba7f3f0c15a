import Bootstrap
import Hummingbird
import Logging
import Marketplace
import NIOCore

/// The context of a request: ids, user, connection and logger.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let address: SocketAddress?
    private let baseLogger: Logger
    /// A shared placeholder, because ``RootResponder`` sets the trace of each request.
    private static let noTrace = TraceContext()
    let channel: any Channel
    /// The client's `X-Request-Id`, or a new one.
    var requestID = ""
    /// When the handling of the request began.
    let start = ContinuousClock.now
    /// Set by ``RootResponder``, like ``requestID``.
    var trace = Self.noTrace
    var identity = Identity.anonymous
    let record = RequestRecord()
    /// Maximum time for the body to arrive.
    var bodyTimeout = Duration.zero

    /// Replaces Hummingbird's own request id, which appears in no log.
    var id: String { requestID }

    /// A logger with the ids of the request and the trace. Created on demand: most requests log nothing.
    var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "request"] = .string(requestID)
        logger[metadataKey: "trace"] = .string(trace.traceID)
        return logger
    }

    /// The address of the other end of the connection: the client or the last proxy.
    var peer: String? { address?.ipAddress }

    /// True if the request was read completely. Also false if the caller is not on the connection's event loop, because
    /// the state is then unknown.
    var isRequestRead: Bool {
        guard channel.eventLoop.inEventLoop else { return false }
        return (try? channel.pipeline.syncOperations.handler(type: HTTPConnectionHandler.self).isRequestRead) ?? false
    }

    /// Asks a client that sent `Expect: 100-continue` for the body.
    func requestBody() {
        channel.eventLoop.execute { [channel] in
            try? channel.pipeline.syncOperations.handler(type: HTTPConnectionHandler.self).requestBody()
        }
    }

    init(source: Source) {
        coreContext = .init(source: source)
        baseLogger = source.logger
        address = source.channel.remoteAddress ?? HTTPConnection.peer
        channel = source.channel
    }
}
