import NIOCore
import NIOPosix
import Synchronization

/// A server that behaves like the host of a feed. The path selects a correct or a faulty response.
final class FeedServer: Sendable {
    private let channel: any Channel
    private let log: FeedLog

    /// The requested paths, in order.
    var paths: [String] { log.paths }

    var origin: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    private init(channel: any Channel, log: FeedLog) {
        self.channel = channel
        self.log = log
    }

    static func start() async throws -> FeedServer {
        let log = FeedLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FeedHandler(log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FeedServer(channel: channel, log: log)
    }

    func stop() async throws { try await channel.close() }
}

private final class FeedLog: Sendable {
    private let list = Mutex<[String]>([])
    var paths: [String] { list.withLock { $0 } }
    func add(_ path: String) { list.withLock { $0.append(path) } }
}

private final class FeedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let log: FeedLog

    init(log: FeedLog) { self.log = log }

    /// A request without a body arrives in one piece.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let words = String(buffer: unwrapInboundIn(data)).split(separator: " ", maxSplits: 2)
        let path = words.count > 1 ? String(words[1]) : ""
        log.add(path)
        let answer: String
        switch path.prefix(while: { $0 != "?" }) {
        case "/feed.csv": answer = Self.answer("200 OK", "id,title\n")
        case "/programme.ics": answer = Self.answer("200 OK", Self.calendar)
        case "/redirect": answer = Self.answer("302 Found\r\nLocation: http://127.0.0.1:1/secret", "")
        case "/huge":
            answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + String(repeating: "x", count: (2 << 20) + 1)
        case "/slow": return
        case "/close": answer = ""
        default: answer = Self.answer("404 Not Found", "")
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: promise)
    }

    private static func answer(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    private static let calendar = """
        BEGIN:VCALENDAR
        BEGIN:VEVENT
        UID:1
        SUMMARY:Vespertine
        DTSTART:20400501T180000Z
        LOCATION:Harpa, Reykjavík
        END:VEVENT
        END:VCALENDAR
        """
}
