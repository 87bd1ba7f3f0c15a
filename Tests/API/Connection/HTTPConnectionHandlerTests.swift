import Foundation
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import API

@Suite struct HTTPConnectionHandlerTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    // MARK: The head of a request (RFC 9112)

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \r\n\r\n", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n",
    ])
    func aRequestWithoutOneValidHostIsRefused(request: String) throws {
        let connection = try EmbeddedConnection()
        try connection.send(request)
        let response = try connection.received()
        #expect(response.hasPrefix("HTTP/1.1 400 "))
        #expect(response.contains("urn:gittix:problem:bad-host"))
        #expect(try connection.delivered().isEmpty)
    }

    @Test(arguments: ["a", "a.example:8080", "[::1]:80", "127.0.0.1", "a:", "xn--bcher-kva.example"])
    func aValidHostIsAccepted(host: String) throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(try connection.delivered() == ["GET /", "end"])
    }

    /// Comparing such texts would take seconds.
    @Test func longRunsOfCombiningCharactersAreRefused() throws {
        let (mark, escape) = ("\u{5b0}\u{5b1}", "%D6%B0%D6%B1")
        func isDelivered(_ path: String, _ cookie: String) throws -> Bool {
            let connection = try EmbeddedConnection()
            try connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\nCookie: \(cookie)\r\n\r\n")
            if try connection.delivered().last == "end" { return true }
            #expect(try connection.received().contains("more than 30 combining characters in a row"))
            return false
        }
        #expect(try isDelivered("/?a=" + String(repeating: escape, count: 15), String(repeating: mark, count: 15)))
        #expect(try !isDelivered("/?a=" + String(repeating: escape, count: 16), "a"))
        #expect(try !isDelivered("/" + String(repeating: escape, count: 16), "a"))
        #expect(try !isDelivered("/a", String(repeating: mark, count: 16) + "=1"))
    }

    @Test func theTargetsOwnHostTakesPrecedence() throws {
        let facts = { (text: String) throws in
            let connection = try EmbeddedConnection()
            try connection.send("GET \(text) HTTP/1.1\r\nHost: other\r\n\r\n")
            return try connection.delivered().first
        }
        #expect(try facts("http://a.example:80/b?c=d") == "GET /b?c=d")
        #expect(try facts("HTTP://a.example") == "GET /")
        #expect(try facts("https://a.example?c") == "GET /?c")
        for target in ["ftp://a/", "a.example/b", "*", "http://", "http://u@a/"] { #expect(try facts(target) == nil) }
    }

    @Test func everyErrorOfTheParserHasTheHeadersOfAllResponses() throws {
        let long = "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n"
        for (text, status) in [
            ("nonsense\r\n\r\n", "400"), (long, "431"), ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "501"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"),
        ] {
            let connection = try EmbeddedConnection()
            try connection.send(text)
            let response = try connection.received()
            #expect(response.hasPrefix("HTTP/1.1 \(status) "), "\(response)")
            for header in [
                "X-Content-Type-Options: nosniff", "Referrer-Policy: same-origin", "Content-Security-Policy: ",
                "Cache-Control: no-store", "Strict-Transport-Security: ", "Connection: close", "X-Request-Id: ",
                "Date: ",
            ] {
                #expect(response.contains(header), "\(header) of \(status)")
            }
        }
    }

    @Test func aHeadRequestIsRefusedWithoutABody() throws {
        let connection = try EmbeddedConnection()
        try connection.send("HEAD / HTTP/1.1\r\n\r\n")
        let response = try connection.received()
        #expect(response.hasPrefix("HTTP/1.1 400 ") && response.hasSuffix("\r\n\r\n"))
    }

    // MARK: HTTP/1.0

    @Test func http10IsNotKeptOpenUnlessAsked() throws {
        let closed = try EmbeddedConnection()
        try closed.send("GET / HTTP/1.0\r\n\r\n")
        try closed.respond(body: "x")
        #expect(try closed.received().hasPrefix("HTTP/1.0 200 OK\r\n"))
        closed.advance(closed.limits.linger)
        #expect(closed.isClosed)

        let open = try EmbeddedConnection()
        try open.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        try open.respond(body: "x")
        #expect(try open.received().contains("Connection: keep-alive\r\n"))
        _ = try open.delivered()
        try open.send("GET /b HTTP/1.0\r\n\r\n")
        #expect(try open.delivered() == ["GET /b", "end"])
    }

    @Test func http10IsNeverSentChunks() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        connection.channel.write(
            HTTPResponsePart.head(.init(status: .ok, headerFields: [.connection: "close"])), promise: nil)
        connection.channel.writeAndFlush(HTTPResponsePart.body(ByteBuffer(string: "data")), promise: nil)
        let response = try connection.received()
        #expect(response.hasSuffix("\r\n\r\ndata") && !response.lowercased().contains("chunked"))
    }

    // MARK: Expect, Upgrade

    @Test func aClientIsAskedForTheBodyWhenItIsRead() throws {
        let connection = try EmbeddedConnection()
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        try connection.send(head)
        #expect(try connection.received().isEmpty)
        connection.askForBody()
        connection.askForBody()
        #expect(try connection.received() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("ab")
        #expect(try connection.delivered() == ["POST /", "ab", "end"])
        try connection.respond()
        #expect(try connection.received().hasPrefix("HTTP/1.1 200 OK\r\n"))
        // A client that does not wait for permission gets no `100 Continue`.
        try connection.send(head.replacing("Expect: 100-continue\r\n", with: ""))
        connection.askForBody()
        #expect(try connection.received().isEmpty)
    }

    /// RFC 9110, section 10.1.1.
    @Test(arguments: ["200-ok", "100-continue, 200-ok", "x=1"])
    func anotherExpectationIsRefused(_ value: String) throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: \(value)\r\n\r\nab")
        let response = try connection.received()
        #expect(response.hasPrefix("HTTP/1.1 417 ") && response.contains("expectation-failed"))
        #expect(try connection.delivered().isEmpty)
        // Clients of HTTP/1.0 do not know the header.
        let old = try EmbeddedConnection()
        try old.send("GET / HTTP/1.0\r\nExpect: \(value)\r\n\r\n")
        #expect(try old.delivered() == ["GET /", "end"])
    }

    private static let upgrade =
        "GET /u HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"

    /// The parser stops after such a request, so the connection ends with its response.
    @Test(arguments: 1...5) func aRequestToChangeTheProtocolIsIgnored(number: Int) throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.get + String(repeating: Self.upgrade, count: number) + Self.get)
        try connection.respond()
        #expect(try connection.delivered() == ["GET /a", "end", "GET /u", "end"])
        try connection.respond()
        let responses = try connection.received().components(separatedBy: "HTTP/1.1 200 OK\r\n")
        #expect(responses.count == 3 && responses[2].contains("Connection: close\r\n"))
        try connection.send(Self.get)
        #expect(try connection.delivered().isEmpty)
        connection.advance(connection.limits.linger)
        #expect(connection.isClosed)
    }

    /// Bytes after a request to change the protocol are not read, even if no response was written.
    @Test(arguments: 0...2) func aClientMayCloseAfterARequestToChangeTheProtocol(number: Int) throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.upgrade + String(repeating: Self.upgrade, count: number) + "rest")
        #expect(try connection.delivered() == ["GET /u", "end"])
        connection.close()
        #expect(try connection.delivered().isEmpty)
    }

    // MARK: One request at a time

    @Test func nothingIsDoneForRequestsBehindTheLastResponse() throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.get + "DELETE /b HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.delivered() == ["GET /a", "end"])
        try connection.respond(.ok, [.connection: "close"])
        #expect(try connection.delivered().isEmpty)
        connection.advance(connection.limits.linger)
        #expect(connection.isClosed)
    }

    @Test func requestsInARowAreAnsweredInOrder() throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.get + Self.get.replacing("/a", with: "/b") + "nonsense\r\n\r\n")
        #expect(try connection.delivered() == ["GET /a", "end"])
        try connection.respond(body: "1")
        #expect(try connection.delivered() == ["GET /b", "end"])
        try connection.respond(body: "2")
        let text = try connection.received()
        let parts = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
        #expect(parts == ["200", "200", "400"])
    }

    @Test func aResponseToAnUnreadBodyClosesTheConnection() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx")
        try connection.respond(.unauthorized)
        #expect(try connection.received().contains("Connection: close\r\n"))
        // The rest of the body does not keep the connection open.
        for _ in 0..<3 {
            connection.advance(.milliseconds(400))
            if !connection.isClosed { try connection.send("x") }
        }
        #expect(connection.isClosed)
    }

    // MARK: Deadlines

    @Test func anIdleConnectionIsClosed() throws {
        let connection = try EmbeddedConnection()
        connection.advance(connection.limits.idle - .seconds(1))
        try connection.send(Self.get)
        try connection.respond()
        connection.advance(connection.limits.idle - .seconds(1))
        #expect(!connection.isClosed)
        connection.advance(.seconds(1))
        #expect(connection.isClosed)
    }

    /// A client that sends one byte at a time cannot keep the connection open.
    @Test func aSlowHeadIsRefused() throws {
        let connection = try EmbeddedConnection()
        for byte in "GET / HTTP/1.1" {
            guard try connection.received().isEmpty else { break }
            try connection.send(String(byte))
            connection.advance(.seconds(1))
        }
        connection.advance(connection.limits.linger)
        #expect(connection.isClosed)
    }

    @Test func aSlowHeadIsAnsweredWith408() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHos")
        connection.advance(connection.limits.head)
        #expect(try connection.received().hasPrefix("HTTP/1.1 408 "))
    }

    @Test func aRequestThatNeverEndsIsClosed() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        for _ in 0..<100 where !connection.isClosed {
            connection.advance(.seconds(1))
            if !connection.isClosed { try connection.send("x") }
        }
        #expect(connection.isClosed)
    }

    @Test func aResponseMayTakeItsTime() throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.get)
        connection.advance(.hours(1))
        #expect(!connection.isClosed)
        try connection.respond()
        #expect(try connection.received().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func aClientThatReadsNothingIsClosed() throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.get)
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.advance(connection.limits.write - .seconds(1))
        #expect(!connection.isClosed)
        connection.advance(.seconds(1))
        #expect(connection.isClosed)
    }

    /// Each delivery costs much more than a chunk of one byte.
    @Test func theChunksOfOneReadAreDeliveredTogether() throws {
        let connection = try EmbeddedConnection()
        try connection.send(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n")
        try connection.send("1\r\nc\r\n1\r\nd\r\n0\r\n\r\n")
        #expect(try connection.delivered() == ["POST /", "ab", "cd", "end"])
    }

    @Test func aBodyOfManyTinyChunksIsRefused() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunks = String(repeating: "1\r\na\r\n", count: RequestLimits.smallBodyParts)
        try connection.send(chunks)
        #expect(try connection.delivered().last?.count == RequestLimits.smallBodyParts)
        #expect(throws: (any Error).self) { try connection.send("1\r\na\r\n1\r\nb\r\n0\r\n\r\n") }
        #expect(try connection.delivered().isEmpty)
    }

    private final class EndOfInput: ChannelInboundHandler {
        typealias InboundIn = HTTPRequestPart
        var isDelivered = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { isDelivered = true }
        }
    }

    /// The handler of requests reads no further request after the end of the input.
    @Test func theEndOfTheInputIsDeliveredAfterPipelinedRequests() throws {
        let connection = try EmbeddedConnection()
        let end = EndOfInput()
        try connection.channel.pipeline.syncOperations.addHandler(end)
        try connection.send(Self.get + Self.get)
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try connection.delivered() == ["GET /a", "end"] && !end.isDelivered)
        try connection.respond()
        #expect(try connection.delivered() == ["GET /a", "end"] && end.isDelivered)
    }

    // MARK: Stopping, limits

    @Test func eachResponseClosesItsConnectionWhileTheProcessStops() async throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.get)
        try connection.respond()
        #expect(try !connection.received().contains("Connection: close"))
        connection.drain.begin()
        try connection.send(Self.get)
        try connection.respond()
        #expect(try connection.received().contains("Connection: close\r\n"))
    }

    @Test func tooManyConnectionsOfOneAddressAreRefused() throws {
        let connections = AddressConnections(limit: 2)
        #expect(connections.open("a") && connections.open("a") && !connections.open("a") && connections.open("b"))
        connections.close("a")
        #expect(!connections.open("a"))
        for _ in 0..<3 { connections.close("a") }
        connections.close("b")
        #expect(connections.count == 0)
        let connection = try EmbeddedConnection(refusal: .tooManyConnections)
        try connection.send(Self.get)
        let response = try connection.received()
        #expect(response.hasPrefix("HTTP/1.1 429 ") && response.contains("Retry-After: 10\r\n"))
        #expect(try connection.delivered().isEmpty)
    }
}
