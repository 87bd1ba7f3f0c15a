import NIOCore

/// Turns bytes into replies and tells the link about them, and about the end of its channel.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: RedisLink
    private let attempt: Int
    private let reader = ReplyReader()
    /// What went wrong before the channel closed; the close itself names no reason.
    private var cause: (any Error)?

    init(link: RedisLink, attempt: Int) {
        self.link = link
        self.attempt = attempt
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.feed(unwrapInboundIn(data))
        var replies: [RedisValue] = []
        var violation: ReplyReader.Violation?
        do throws(ReplyReader.Violation) {
            while let reply = try reader.next() { replies.append(reply) }
        } catch {
            violation = error
        }
        link.received(replies, attempt: attempt)
        if let violation { link.lost(attempt: attempt, .violation(violation.reason)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cause = cause ?? error
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.lost(attempt: attempt, cause.map { .failed($0) } ?? .ended)
    }
}
