import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// One open event stream: a handler in the pipeline of its connection, so that five thousand of them cost no task and no
/// lock each to write to. All of it happens on the connection's event loop.
///
/// One event is being written at a time. What comes meanwhile is kept, the newest alone: a client that reads slowly sees
/// fewer states, and none makes a queue grow.
final class LiveStream: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private var context: ChannelHandlerContext?
    /// Succeeded when nothing more is to be written.
    private let ended: EventLoopPromise<Void>
    private var isEnded = false
    private var isWriting = false
    private var pending: ByteBuffer?
    /// The revision of the newest event that was taken.
    private var shown: UInt64 = 0
    private var heartbeatsMissed = 0

    init(ended: EventLoopPromise<Void>) { self.ended = ended }

    // MARK: Writing

    /// Sends what begins the stream, before all events.
    func begin(_ bytes: ByteBuffer) { write(bytes) }

    /// Sends an event, unless one of a later revision was taken before.
    func send(_ event: ByteBuffer, revision: UInt64) {
        guard !isEnded, revision > shown else { return }
        shown = revision
        if isWriting { pending = event } else { write(event) }
    }

    /// Closes the connection of a client that has read nothing since the last heartbeat but one.
    func heartbeat() {
        guard !isEnded else { return }
        guard isWriting else { return write(ServerSentEvent.heartbeat) }
        heartbeatsMissed += 1
        if heartbeatsMissed > 1 { abort() }
    }

    /// Ends the stream after a last event; at once when the client does not read.
    func end(_ last: ByteBuffer? = nil) {
        guard !isEnded else { return }
        guard !isWriting else { return abort() }
        if let last { write(last) }
        finish()
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        isWriting = true
        heartbeatsMissed = 0
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            self.isWriting = false
            guard case .success = result else { return self.finish() }
            guard !self.isEnded, let next = self.pending else { return }
            self.pending = nil
            self.write(next)
        }
        context.writeAndFlush(wrapOutboundOut(.body(bytes)), promise: written)
    }

    private func abort() {
        context?.close(promise: nil)
        finish()
    }

    private func finish() {
        guard !isEnded else { return }
        isEnded = true
        pending = nil
        ended.succeed()
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        finish()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    /// A client that has closed its side reads no more: none that watches does so and stays.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed, !isEnded { abort() }
        context.fireUserInboundEventTriggered(event)
    }
}
