import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes the connection after an answer with `Connection: close`: at once when the request was read to its end,
/// otherwise a moment later. What still arrives meanwhile is read: closing on it would reset the connection, and the
/// client might never see the answer.
final class ClosingAnswer: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private static let moment = TimeAmount.seconds(1)

    /// Whether the latest request has been read to its end.
    private(set) var isRequestRead = false
    private var closes = false
    private var isAnswered = false
    private var timer: Scheduled<Void>?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: isRequestRead = false
        case .body: break
        case .end: isRequestRead = true
        }
        context.fireChannelRead(data)
        if isAnswered && isRequestRead { context.close(promise: nil) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closes = head.headerFields[.connection] == "close"
        case .end where closes:
            context.writeAndFlush(data, promise: promise)
            isAnswered = true
            guard !isRequestRead else { return context.close(promise: nil) }
            let channel = context.channel
            timer = context.eventLoop.scheduleTask(in: Self.moment) { channel.close(promise: nil) }
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
