import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes the connection after a response with `Connection: close`: at once if the request was read completely,
/// otherwise one second later. Until then the handler reads what still arrives: closing with unread bytes would reset
/// the connection, and the client might never see the response.
final class ConnectionCloseHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private static let closeDelay = TimeAmount.seconds(1)

    /// True if the latest request was read completely.
    private(set) var isRequestRead = false
    private var closesAfterResponse = false
    private var hasResponded = false
    private var timer: Scheduled<Void>?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isRequestRead = false
        case .body: break
        case .end: isRequestRead = true
        }
        context.fireChannelRead(data)
        if hasResponded && isRequestRead { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closesAfterResponse = head.headerFields[.connection] == "close"
        case .end where closesAfterResponse:
            context.writeAndFlush(data, promise: promise)
            hasResponded = true
            guard !isRequestRead else { return context.close(promise: nil) }
            let channel = context.channel
            timer = context.eventLoop.scheduleTask(in: Self.closeDelay) { channel.close(promise: nil) }
            return
        case .body, .end: break
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }
}
