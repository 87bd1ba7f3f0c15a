import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes

@testable import API

/// The server's side of a connection, with the real parser and the clock of an embedded event loop.
final class EmbeddedConnection {
    let channel = EmbeddedChannel()
    let drain = Drain(duration: .zero)
    let limits = ConnectionLimits()
    private(set) var isClosed = false
    let turns: PipelineTurns
    private let handler: HTTPConnectionHandler

    init(refusal: Problem? = nil) throws {
        turns = PipelineTurns(channel.embeddedEventLoop)
        handler = HTTPConnectionHandler(limits, drain: drain, isSecure: true, turns: turns, refusal: refusal)
        try channel.pipeline.syncOperations.addHandlers([
            HTTPResponseEncoder(), HTTPConnectionHandler.decoder(), handler,
        ])
        channel.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.isClosed = true }
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    /// Sends a text to the server.
    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        channel.embeddedEventLoop.run()
    }

    /// Closes the connection, like a client that disconnects.
    func close() { channel.pipeline.fireChannelInactive() }

    /// The parts of requests that were delivered since the last call: `GET /path`, the text of a body, or `end`.
    func delivered() throws -> [String] {
        var all: [String] = []
        while let part = try channel.readInbound(as: HTTPRequestPart.self) {
            switch part {
            case .head(let head): all.append("\(head.method.rawValue) \(head.path ?? "")")
            case .body(let bytes): all.append(String(buffer: bytes))
            case .end: all.append("end")
            }
        }
        return all
    }

    func respond(_ status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:], body: String = "") throws {
        var headers = headers
        if headers[.contentLength] == nil { headers[.contentLength] = "\(body.utf8.count)" }
        channel.write(HTTPResponsePart.head(HTTPResponse(status: status, headerFields: headers)), promise: nil)
        if !body.isEmpty { channel.write(HTTPResponsePart.body(ByteBuffer(string: body)), promise: nil) }
        channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
        channel.embeddedEventLoop.run()
    }

    /// The text that was sent to the client since the last call.
    func received() throws -> String {
        var text = ""
        while let data = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { text += String(buffer: bytes) }
        }
        return text
    }

    func askForBody() { handler.requestBody() }

    func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
}
