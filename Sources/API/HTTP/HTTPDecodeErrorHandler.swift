import Bootstrap
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Responds with a problem to a request that is not HTTP or whose headers are too large, and closes the connection.
final class HTTPDecodeErrorHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var requestsInProgress = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { requestsInProgress += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { requestsInProgress -= 1 }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        // While a response is being written, a client would read a second one as a part of it.
        guard requestsInProgress == 0 else { return context.fireErrorCaught(error) }
        write(Self.problem(of: error), context)
    }

    private static func problem(of error: HTTPParserError) -> Problem {
        guard error == .headerOverflow else { return .notHTTP }
        return Problem(
            .requestHeaderFieldsTooLarge, "headers-too-large", "The headers are too large",
            "the headers are too many or too long")
    }

    private func write(_ problem: Problem, _ context: ChannelHandlerContext) {
        let requestID = TraceContext().traceID
        let response = problem.document(path: "", requestID: requestID)
        let head = HTTPResponse(
            status: problem.status,
            headerFields: [
                .contentType: "application/problem+json", .contentLength: String(response.count), .connection: "close",
                .requestID: requestID,
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: response))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}

extension Problem {
    static let notHTTP = Problem(
        .badRequest, "not-http", "The request can't be read", "the request is not well-formed HTTP")
}
