import Bootstrap
import Hummingbird
import Marketplace
import NIOCore

/// What is known of a request besides itself.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address that the connection came from: of a proxy, where there is one.
    let peer: String?
    let channel: any Channel
    /// The client's `X-Request-Id`, or a new one.
    var requestID = ""
    /// When the request began to be handled.
    let start = ContinuousClock.now
    var trace = TraceContext()
    var identity = Identity.nobody
    /// How long a body may take to come.
    var bodyTime = Duration.zero

    /// Hummingbird's takes its own number from the log's metadata, which ``Front`` removes.
    var id: String { requestID }

    init(source: Source) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress
        channel = source.channel
    }
}
