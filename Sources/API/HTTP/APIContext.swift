import Bootstrap
import Hummingbird
import Marketplace
import NIOCore

/// What is known of a request besides itself.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let address: SocketAddress?
    /// Made once: a trace takes three calls of the system.
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

    /// Hummingbird's takes its own number from the log's metadata, which ``Front`` removes.
    var id: String { requestID }

    /// The address that the connection came from: of a proxy, where there is one.
    var peer: String? { address?.ipAddress }

    /// Whether the request has come to its end, so that nothing of it is waited for. False where that can't be seen.
    var isWhole: Bool {
        guard channel.eventLoop.inEventLoop else { return false }
        return (try? channel.pipeline.syncOperations.handler(type: ClosingAnswer.self).isRequestRead) ?? false
    }

    init(source: Source) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress
        channel = source.channel
    }
}
