import Bootstrap
import Hummingbird
import Logging
import Marketplace
import NIOCore

/// What is known of a request besides itself.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let address: SocketAddress?
    private let plainLogger: Logger
    /// Made once: each request has its own soon.
    private static let noTrace = TraceContext()
    let channel: any Channel
    /// The client's `X-Request-Id`, or a new one.
    var requestID = ""
    /// When the request began to be handled.
    let start = ContinuousClock.now
    /// Set by ``Front``, as the request's id is.
    var trace = Self.noTrace
    var identity = Identity.nobody
    /// How long a body may take to come.
    var bodyTime = Duration.zero

    /// Hummingbird's is its own number, which is in no log.
    var id: String { requestID }

    /// Whose lines tell which request they are of. Made when something is said: most requests say nothing.
    var logger: Logger {
        var logger = plainLogger
        // Its own number for the request; ours is the one that the client has too.
        logger[metadataKey: "hb.request.id"] = nil
        logger[metadataKey: "request"] = .string(requestID)
        logger[metadataKey: "trace"] = .string(trace.traceID)
        return logger
    }

    /// The address that the connection came from: of a proxy, where there is one.
    var peer: String? { address?.ipAddress }

    /// Whether the request has come to its end, so that nothing of it is waited for. False where that can't be seen.
    var isWhole: Bool {
        guard channel.eventLoop.inEventLoop else { return false }
        return (try? channel.pipeline.syncOperations.handler(type: ClosingAnswer.self).isRequestRead) ?? false
    }

    init(source: Source) {
        coreContext = .init(source: source)
        plainLogger = source.logger
        address = source.channel.remoteAddress
        channel = source.channel
    }
}
