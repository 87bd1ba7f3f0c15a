import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A small HTTP/1.1 server. The path selects its behaviour:
///
/// - `/echo`: returns the method, the `x-test` header and the body.
/// - `/status/404`: returns that status.
/// - `/large/1000`: returns 1000 bytes, chunked.
/// - `/headers`: returns a head of 80 kB.
/// - `/never`: reads the request and sends no response.
/// - `/cut`: closes in the middle of the body.
/// - `/close`: closes before the head.
final class HTTPServer: Sendable {
    struct ReceivedRequest: Sendable, Equatable {
        var method: String
        var uri: String
        var body: [UInt8]
    }

    private let channel: any Channel
    private let log: Log
    /// One element for each complete request, before its response.
    let requests: AsyncStream<ReceivedRequest>
    /// One element for each closed connection.
    let closures: AsyncStream<Void>

    final class Log: Sendable {
        let connections = Mutex(0)
        let requests: AsyncStream<ReceivedRequest>.Continuation
        let closures: AsyncStream<Void>.Continuation

        init(
            _ requests: AsyncStream<ReceivedRequest>.Continuation, _ closures: AsyncStream<Void>.Continuation
        ) {
            self.requests = requests
            self.closures = closures
        }
    }

    private init(
        channel: any Channel, log: Log, requests: AsyncStream<ReceivedRequest>, closures: AsyncStream<Void>
    ) {
        self.channel = channel
        self.log = log
        self.requests = requests
        self.closures = closures
    }

    static func with<Result>(_ body: (HTTPServer) async throws -> Result) async throws -> Result {
        let (requests, requestsContinuation) = AsyncStream.makeStream(of: ReceivedRequest.self)
        let (closures, closuresContinuation) = AsyncStream.makeStream(of: Void.self)
        let log = Log(requestsContinuation, closuresContinuation)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    log.connections.withLock { $0 += 1 }
                    channel.closeFuture.whenComplete { _ in log.closures.yield() }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(HTTPHandler(log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = HTTPServer(channel: channel, log: log, requests: requests, closures: closures)
        do {
            let result = try await body(server)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    var connections: Int { log.connections.withLock { $0 } }

    func url(_ path: String) -> String {
        "http://127.0.0.1:\(channel.localAddress?.port ?? 0)\(path)"
    }
}

private final class HTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let log: HTTPServer.Log
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(log: HTTPServer.Log) {
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            body += Array(buffer.readableBytesView)
        case .end:
            guard let head else { return }
            log.requests.yield(.init(method: head.method.rawValue, uri: head.uri, body: body))
            respond(head, context)
        }
    }

    private func respond(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let long = String(repeating: "y", count: 40_000)
        let path = head.uri.split(separator: "/").map(String.init)
        switch path.first {
        case "echo":
            let text = "\(head.method.rawValue) \(head.headers["x-test"].first ?? "-") \(head.headers["expect"].count) "
            write(context, .ok, ["X-Empty": "", "X-Answer": "  yes "], Array(text.utf8) + body)
        case "status":
            write(context, .init(statusCode: Int(path[1]) ?? 500), ["Location": "/echo"], [])
        case "large":
            write(context, .ok, ["Transfer-Encoding": "chunked"], Array(repeating: 120, count: Int(path[1]) ?? 0))
        case "headers":
            write(context, .ok, ["X-One": long, "X-Two": long], [])
        case "cut":
            write(context, .ok, ["Content-Length": "100"], Array(repeating: 120, count: 10), end: false)
            context.close(promise: nil)
        case "close":
            context.close(promise: nil)
        default:
            break
        }
    }

    private func write(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ bytes: [UInt8],
        end: Bool = true
    ) {
        var headers = headers
        if !headers.contains(name: "content-length"), !headers.contains(name: "transfer-encoding") {
            headers.add(name: "content-length", value: String(bytes.count))
        }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        if end { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
    }
}
