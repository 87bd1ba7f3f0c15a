import NIOCore

/// Decodes replies and passes them to the connection. Also reports the end of the channel to the connection.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: RedisChannelConnection
    private let attempt: Int
    private let reader = ReplyReader()
    /// The error that closed the channel. `channelInactive` itself gives no reason.
    private var cause: (any Error)?

    init(connection: RedisChannelConnection, attempt: Int) {
        self.connection = connection
        self.attempt = attempt
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reader.feed(unwrapInboundIn(data))
        var replies: [RedisValue] = []
        var violation: ReplyReader.ProtocolViolation?
        do throws(ReplyReader.ProtocolViolation) {
            while let reply = try reader.next() { replies.append(reply) }
        } catch {
            violation = error
        }
        connection.received(replies, attempt: attempt)
        if let violation { connection.lost(attempt: attempt, .protocolViolation(violation.reason)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        cause = cause ?? error
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.lost(attempt: attempt, cause.map { .failed($0) } ?? .closedByServer)
    }
}
