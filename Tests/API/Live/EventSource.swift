import NIOCore
import NIOHTTP1
import NIOPosix
import Support
import Synchronization

/// An `EventSource` as in browsers, but without reconnecting.
final class EventSource: Sendable {
    struct Event: Hashable, Sendable {
        var name: String
        var data: String
    }

    let head: HTTPResponseHead
    /// Ends when the connection closes.
    let events: AsyncStream<Event>
    private let channel: any Channel

    private init(head: HTTPResponseHead, events: AsyncStream<Event>, channel: any Channel) {
        self.head = head
        self.events = events
        self.channel = channel
    }

    /// Returns when the head of the response has arrived.
    static func open(
        _ origin: String, _ path: String, cookies: [String: String] = [:], headers: [String: String] = [:],
        method: HTTPMethod = .GET
    ) async throws -> EventSource {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let group = MultiThreadedEventLoopGroup.singleton
        let head = group.any().makePromise(of: HTTPResponseHead.self)
        let port = origin.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let channel = try await ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(Reading(head: head, events: continuation))
            }
        }.connect(host: "127.0.0.1", port: port).get()
        var fields = HTTPHeaders([("Host", "127.0.0.1:\(port)"), ("Accept", "text/event-stream")])
        if !cookies.isEmpty {
            fields.add(name: "Cookie", value: cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; "))
        }
        for (name, value) in headers { fields.replaceOrAdd(name: name, value: value) }
        let request = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: fields)
        channel.write(HTTPClientRequestPart.head(request), promise: nil)
        try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
        return EventSource(head: try await head.futureResult.get(), events: events, channel: channel)
    }

    func close() async throws { try await channel.close() }

    deinit { channel.close(promise: nil) }

    private final class Reading: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let head: EventLoopPromise<HTTPResponseHead>
        private let events: AsyncStream<Event>.Continuation
        private var text = ""

        init(head: EventLoopPromise<HTTPResponseHead>, events: AsyncStream<Event>.Continuation) {
            self.head = head
            self.events = events
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head.succeed(head)
            case .body(let bytes):
                text += String(buffer: bytes)
                while let end = text.firstRange(of: "\n\n") {
                    take(text[..<end.lowerBound])
                    text = String(text[end.upperBound...])
                }
            case .end: events.finish()
            }
        }

        private func take(_ block: Substring) {
            var event = Event(name: "", data: "")
            var data: [Substring] = []
            for line in block.split(separator: "\n") {
                if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
                if line.hasPrefix("data: ") { data.append(line.dropFirst(6)) }
            }
            guard !event.name.isEmpty else { return }
            event.data = data.joined(separator: "\n")
            events.yield(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            head.fail(SupportError("the connection was closed before a response"))
            events.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            head.fail(error)
            context.close(promise: nil)
        }
    }
}
