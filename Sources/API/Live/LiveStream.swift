import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// An open event stream. It is a handler in the connection's pipeline and runs on the connection's event loop, so a
/// stream needs neither a task nor a lock.
///
/// The stream writes one event at a time, and keeps only the newest event that arrives during a write. So a slow client
/// sees fewer states, and no queue grows.
final class LiveStream: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private var context: ChannelHandlerContext?
    /// Succeeds when the stream has ended.
    private let ended: EventLoopPromise<Void>
    private var isEnded = false
    private var isWriting = false
    private var pending: ByteBuffer?
    /// The revision of the newest accepted event.
    private var latestRevision: UInt64 = 0
    private var heartbeatsMissed = 0

    init(ended: EventLoopPromise<Void>) { self.ended = ended }

    // MARK: Writing

    /// Sends the beginning of the stream, before all events.
    func begin(_ bytes: ByteBuffer) { write(bytes) }

    /// Sends an event, unless a later revision was accepted before.
    func send(_ event: ByteBuffer, revision: UInt64) {
        guard !isEnded, revision > latestRevision else { return }
        latestRevision = revision
        if isWriting { pending = event } else { write(event) }
    }

    /// Sends a heartbeat. Closes the connection if the previous write has not completed for two heartbeats.
    func heartbeat() {
        guard !isEnded else { return }
        guard isWriting else { return write(ServerSentEvent.heartbeat) }
        heartbeatsMissed += 1
        if heartbeatsMissed > 1 { abort() }
    }

    /// Ends the stream after a last event, or immediately (without this event) if a write is not complete.
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

    /// A client that closes its side of the connection has left, because a watching client keeps its side open.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed, !isEnded { abort() }
        context.fireUserInboundEventTriggered(event)
    }
}
