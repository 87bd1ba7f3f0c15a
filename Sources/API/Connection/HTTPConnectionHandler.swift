import Bootstrap
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Enforces the rules of HTTP/1.1 (RFC 9112) on a connection, between the parser and the handlers of requests.
///
/// It delivers one request at a time, so no request is handled after a response that closes the connection. It decides
/// for each response whether the connection is kept open, refuses input that is not HTTP, and ends connections that are
/// too slow.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Input that arrived before the previous response was complete.
    private enum Buffered {
        case part(HTTPServerRequestPart)
        case failure(HTTPParserError)
    }

    private let limits: ConnectionLimits
    private let drain: Drain
    private let isSecure: Bool
    private let turns: PipelineTurns
    /// If set, the first request gets this response, and the connection ends.
    private let refusal: Problem?

    private var context: ChannelHandlerContext?
    /// The request that was delivered, until its response is complete.
    private var exchange: RequestRules.Facts?
    /// True from the head of a request to its end.
    private var isReadingRequest = false
    private var hasResponseBegun = false
    /// True if the connection ends after the current response.
    private var endsWithResponse = false
    /// True once the last response was written. Later input and output is dropped.
    private var isEnding = false
    private var isQuiescing = false
    private var isInputClosed = false
    /// Contains at most the parts of one read, because the socket is not read again until the buffer is empty.
    private var buffered = CircularBuffer<Buffered>()
    private var isReadHeldBack = false
    private var isInputEndHeldBack = false
    /// The parts of the request's body that came with one read. They are delivered together, because each delivery
    /// costs much more than a small part.
    private var body: ByteBuffer?
    private var bodySize = BodySize()
    /// The turn in which the request in progress started, if it was pipelined. See ``PipelineTurns``.
    private var turn: Int?

    // MARK: Deadlines

    private var idleSince = NIODeadline.now()
    private var requestSince = NIODeadline.now()
    /// The time of the first read that did not complete the head of a request.
    private var headSince: NIODeadline?
    private var hasReadPart = false
    private var unwritableSince: NIODeadline?
    private var endingSince = NIODeadline.now()
    private var isFlushed = false
    private var timer: (at: NIODeadline, task: Scheduled<Void>)?

    init(
        _ limits: ConnectionLimits, drain: Drain, isSecure: Bool, turns: PipelineTurns, refusal: Problem? = nil
    ) {
        self.limits = limits
        self.drain = drain
        self.isSecure = isSecure
        self.turns = turns
        self.refusal = refusal
    }

    static func decoder() -> ByteToMessageHandler<HTTPRequestDecoder> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = RequestLimits.headerFieldBytes
        limits.maxHeaderListSize = RequestLimits.headerListBytes
        limits.maxHeaderFieldCount = RequestLimits.headerFields
        return ByteToMessageHandler(
            // The handlers behind the decoder can't read bytes that it forwards.
            HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits))
    }

    // MARK: For the handler of a request

    /// True if the latest request was read completely.
    var isRequestRead: Bool { !isReadingRequest }

    /// Sends `100 Continue` if the client waits for it (RFC 9110, section 10.1.1).
    func requestBody() {
        guard let context, let exchange, exchange.expectsContinue, isReadingRequest, !hasResponseBegun else { return }
        self.exchange?.expectsContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        hasReadPart = true
        let part = unwrapInboundIn(data)
        if !buffered.isEmpty { return buffered.append(.part(part)) }
        if case .head = part, exchange != nil { return buffered.append(.part(part)) }
        deliver(part, context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliverBody(context)
        if !hasReadPart, exchange == nil, !isEnding, !isInputClosed, headSince == nil {
            headSince = context.eventLoop.now
            updateTimer(context)
        }
        hasReadPart = false
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !isEnding else { return }
        if !buffered.isEmpty || exchange != nil && !isReadingRequest { return buffered.append(.failure(error)) }
        fail(error, context)
    }

    /// If a request is in progress, the reader of its body receives the error. Otherwise, the response is written here.
    private func fail(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
        deliverBody(context)
        guard exchange == nil else { return context.fireErrorCaught(error) }
        refuse(error == .headerOverflow ? .headersTooLarge : .notHTTP, context)
    }

    func read(context: ChannelHandlerContext) {
        if buffered.isEmpty { context.read() } else { isReadHeldBack = true }
    }

    private func deliver(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            headSince = nil
            do {
                let facts = try RequestRules.facts(of: head)
                guard let request = HTTPRequest(head) else { throw Problem.notHTTP }
                if let refusal { throw refusal }
                exchange = facts
                (isReadingRequest, hasResponseBegun, endsWithResponse) = (true, false, !facts.isKeptOpen)
                bodySize = BodySize()
                requestSince = context.eventLoop.now
                context.fireChannelRead(wrapInboundOut(.head(request)))
            } catch {
                refuse(error as? Problem ?? .notHTTP, context, withBody: head.method != .HEAD)
            }
        case .body(var bytes):
            // The rest of a refused body is dropped.
            guard !bodySize.hasTooSmallParts else { return }
            bodySize.add(bytes)
            guard !bodySize.hasTooSmallParts else { return fail(.invalidChunkSize, context) }
            if body == nil { body = bytes } else { body?.writeBuffer(&bytes) }
        case .end(let trailers):
            guard !bodySize.hasTooSmallParts else { return }
            deliverBody(context)
            isReadingRequest = false
            context.fireChannelRead(wrapInboundOut(.end(trailers.map { HTTPFields($0, splitCookie: false) })))
        }
    }

    private func deliverBody(_ context: ChannelHandlerContext) {
        guard let body else { return }
        self.body = nil
        context.fireChannelRead(wrapInboundOut(.body(body)))
    }

    // MARK: Writing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isEnding, let exchange else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let response):
            hasResponseBegun = true
            if response.headerFields[.connection] == "close" || drain.isDraining || isQuiescing || isReadingRequest {
                endsWithResponse = true
            }
            context.write(wrapOutboundOut(.head(head(response, exchange))), promise: promise)
        case .body(let bytes):
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        case .end(let trailers):
            let end = wrapOutboundOut(.end(trailers.map(HTTPHeaders.init)))
            guard !endsWithResponse, !isQuiescing else { return writeLast(end, context, promise) }
            context.write(end, promise: promise)
            self.exchange = nil
            endTurn()
            idleSince = context.eventLoop.now
            updateTimer(context)
            if !buffered.isEmpty { turns.request(deliverBuffered) }
        }
    }

    private func endTurn() {
        if let turn { turns.end(turn) }
        turn = nil
    }

    private func head(_ response: HTTPResponse, _ exchange: RequestRules.Facts) -> HTTPResponseHead {
        var head = HTTPResponseHead(response)
        if exchange.isHTTP10 { head.version = .http1_0 }
        if endsWithResponse {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        } else if exchange.isHTTP10 {
            head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        return head
    }

    private func deliverBuffered(in turn: Int) {
        guard let context, !isEnding else { return turns.end(turn) }
        self.turn = turn
        while !isEnding, let next = buffered.first {
            if case .part(.head) = next, exchange != nil { break }
            if case .failure = next, exchange != nil, !isReadingRequest { break }
            buffered.removeFirst()
            switch next {
            case .part(let part): deliver(part, context)
            case .failure(let error): fail(error, context)
            }
        }
        if isEnding { buffered.removeAll() }
        if exchange == nil { endTurn() }
        deliverBody(context)
        context.fireChannelReadComplete()
        guard buffered.isEmpty else { return }
        if isInputEndHeldBack {
            isInputEndHeldBack = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        if isReadHeldBack {
            isReadHeldBack = false
            context.read()
        }
    }

    // MARK: Ending

    /// Writes a response to input that no request handler receives, and ends the connection.
    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext, withBody: Bool = true) {
        let requestID = TraceContext().traceID
        let body = problem.document(path: "", requestID: requestID)
        var fields: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: String(body.count), .connection: "close",
            .date: HTTPDate.now,
        ]
        for field in problem.headers { fields[field.name] = field.value }
        CommonHeaders.add(to: &fields, requestID: requestID, isSecure: isSecure)
        let head = HTTPResponseHead(HTTPResponse(status: problem.status, headerFields: fields))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if withBody { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        writeLast(wrapOutboundOut(.end(nil)), context, nil)
    }

    /// Writes the end of the last response, closes this side of the connection, and waits for the client to close the
    /// other side.
    private func writeLast(_ end: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        isEnding = true
        exchange = nil
        body = nil
        endTurn()
        endingSince = context.eventLoop.now
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            guard case .success = result, let context = self.context else { return }
            self.linger(context)
        }
        context.writeAndFlush(end, promise: written)
        updateTimer(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        isFlushed = true
        guard !isInputClosed else { return context.close(promise: nil) }
        endingSince = context.eventLoop.now
        context.close(mode: .output, promise: nil)
        // The rest of the request is read and dropped.
        context.read()
        updateTimer(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            if exchange == nil, !isEnding { context.close(promise: nil) }
            return
        case let event as ChannelEvent where event == .inputClosed:
            isInputClosed = true
            if isEnding, isFlushed { context.close(promise: nil) }
            // The handlers of requests stop at the end of the input, so it is delivered after the last request.
            if !buffered.isEmpty {
                isInputEndHeldBack = true
                return
            }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Deadlines

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        idleSince = context.eventLoop.now
        if context.channel.isActive { updateTimer(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        idleSince = context.eventLoop.now
        updateTimer(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        self.context = nil
    }

    private func stop() {
        timer?.task.cancel()
        timer = nil
        isEnding = true
        buffered.removeAll()
        body = nil
        endTurn()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : context.eventLoop.now
        updateTimer(context)
        context.fireChannelWritabilityChanged()
    }

    /// The time at which the connection must end unless its state changes before then. `nil` while a response is being
    /// made, unless written bytes wait for the client to read them.
    private var deadline: NIODeadline? {
        let writing = unwritableSince.map { $0 + limits.write }
        var own: NIODeadline?
        if isEnding {
            own = endingSince + (isFlushed ? limits.linger : limits.write)
        } else if exchange == nil {
            own = headSince.map { min($0 + limits.head, idleSince + limits.idle) } ?? idleSince + limits.idle
        } else if isReadingRequest {
            own = requestSince + limits.request
        }
        guard let writing, let own else { return own ?? writing }
        return min(writing, own)
    }

    /// Schedules the timer for the deadline, unless the timer is already scheduled for an earlier time. An earlier
    /// timer is scheduled again when it fires, so most requests change no timer.
    private func updateTimer(_ context: ChannelHandlerContext) {
        guard let deadline, context.channel.isActive else { return }
        if let timer {
            if timer.at <= deadline { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerEnded() }
        timer = (deadline, task)
    }

    private func timerEnded() {
        timer = nil
        guard let context, let deadline else { return }
        guard context.eventLoop.now >= deadline else { return updateTimer(context) }
        if exchange == nil, !isEnding, headSince != nil, unwritableSince == nil {
            refuse(.headTooSlow, context)
        } else {
            context.close(promise: nil)
        }
    }
}
