import CurlClient
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CurlClientTests {
    @Test(arguments: [CurlRequest.Method.post, .put, .patch, .delete])
    func sendsMethodHeadersAndBody(_ method: CurlRequest.Method) async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            // A NUL and a byte that is not UTF-8, because bodies are bytes and not strings.
            let body: [UInt8] = [0x61, 0x00, 0xFF, 0x62]
            let response = try await client.send(
                CurlRequest(method, url: server.url("/echo"), headers: [.init("X-Test", "value")], body: body))
            #expect(response.status == 200)
            #expect(response.body == Array("\(method.rawValue) value 0 ".utf8) + body)
            #expect(response[header: "x-answer"] == "yes")
            #expect(response[header: "X-EMPTY"] == "")
            #expect(response[header: "x-missing"] == nil)
            await client.shutdown()
        }
    }

    @Test func sendsMethodsWithoutABody() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let fetched = try await client.send(CurlRequest(url: server.url("/echo")))
            #expect(String(decoding: fetched.body, as: UTF8.self) == "GET - 0 ")
            let head = try await client.send(CurlRequest(.head, url: server.url("/echo")))
            #expect(head.status == 200 && head.body.isEmpty)
            let posted = try await client.send(CurlRequest(.post, url: server.url("/echo")))
            #expect(String(decoding: posted.body, as: UTF8.self) == "POST - 0 ")
            let deleted = try await client.send(CurlRequest(.delete, url: server.url("/echo")))
            #expect(String(decoding: deleted.body, as: UTF8.self) == "DELETE - 0 ")
            await client.shutdown()
        }
    }

    @Test(arguments: [204, 302, 404, 503])
    func returnsAnyStatusAndFollowsNoRedirect(_ status: Int) async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let response = try await client.send(CurlRequest(url: server.url("/status/\(status)")))
            #expect(response.status == status)
            #expect(response[header: "location"] == "/echo")
            await client.shutdown()
        }
    }

    @Test func reusesItsConnection() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            for _ in 0..<20 { _ = try await client.send(CurlRequest(url: server.url("/echo"))) }
            #expect(server.connections == 1)
            await client.shutdown()
        }
    }

    @Test func sendsAHundredConcurrentRequestsOverEightConnections() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient(maxConnectionsPerHost: 8)
            let url = server.url("/echo")
            let bodies = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let response = try await client.send(
                            CurlRequest(.post, url: url, body: Array("\(number)".utf8)))
                        return String(decoding: response.body, as: UTF8.self)
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(bodies == Set((0..<100).map { "POST - 0 \($0)" }))
            #expect((1...8).contains(server.connections))
            await client.shutdown()
        }
    }

    @Test func limitsTheResponseBody() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            var request = CurlRequest(url: server.url("/large/100000"), maxResponseBytes: 100_000)
            let response = try await client.send(request)
            #expect(response.body.count == 100_000)
            request.maxResponseBytes = 99_999
            let error = await #expect(throws: CurlError.self) { try await client.send(request) }
            #expect(error?.kind == .tooLarge)
            #expect(error?.mayHaveBeenSent == true)
            await client.shutdown()
        }
    }

    @Test func limitsTheResponseHead() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let error = await #expect(throws: CurlError.self) {
                try await client.send(CurlRequest(url: server.url("/headers")))
            }
            #expect(error?.kind == .tooLarge)
            await client.shutdown()
        }
    }

    @Test func requestTimesOut() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let error = await #expect(throws: CurlError.self) {
                try await client.send(CurlRequest(url: server.url("/never"), timeout: .milliseconds(200)))
            }
            #expect(error?.kind == .timeout)
            #expect(error?.mayHaveBeenSent == true)
            await client.shutdown()
        }
    }

    @Test(arguments: ["/cut", "/close"])
    func reportsATruncatedResponseAsClosed(_ path: String) async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let error = await #expect(throws: CurlError.self) {
                try await client.send(CurlRequest(.post, url: server.url(path), body: [1]))
            }
            #expect(error?.kind == .closed)
            #expect(error?.mayHaveBeenSent == true)
            await client.shutdown()
        }
    }

    @Test func reportsThatNothingWasSentOnConnectionRefused() async throws {
        // A port that was just released refuses connections.
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        let client = CurlClient()
        let error = await #expect(throws: CurlError.self) {
            try await client.send(
                CurlRequest(.post, url: "http://127.0.0.1:\(port)/a?secret=1", body: Array("secret".utf8)))
        }
        #expect(error?.kind == .connect)
        #expect(error?.mayHaveBeenSent == false)
        #expect(error?.description.contains("POST http://127.0.0.1:\(port)/a: ") == true)
        #expect(error?.description.contains("secret") == false)
        await client.shutdown()
    }

    @Test func reportsATLSErrorFromAPlainHTTPServer() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let url = server.url("/echo").replacing("http://", with: "https://")
            let error = await #expect(throws: CurlError.self) { try await client.send(CurlRequest(url: url)) }
            #expect(error?.kind == .tls)
            #expect(error?.mayHaveBeenSent == false)
            await client.shutdown()
        }
    }

    @Test func cancellationClosesTheConnection() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let url = server.url("/never")
            let task = Task { try await client.send(CurlRequest(url: url, timeout: .seconds(600))) }
            var requests = server.requests.makeAsyncIterator()
            _ = await requests.next()
            task.cancel()
            let error = await #expect(throws: CurlError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(error?.mayHaveBeenSent == true)
            var closures = server.closures.makeAsyncIterator()
            #expect(await closures.next() != nil)
            await client.shutdown()
        }
    }

    @Test func cancelledTaskFailsAtOnce() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let url = server.url("/never")
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                for await _ in stream {}
                return try await client.send(CurlRequest(url: url, timeout: .seconds(600)))
            }
            task.cancel()
            continuation.finish()
            let error = await #expect(throws: CurlError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            await client.shutdown()
        }
    }

    @Test func shutdownFailsActiveAndLaterRequests() async throws {
        try await HTTPServer.with { server in
            let client = CurlClient()
            let url = server.url("/never")
            let task = Task { try await client.send(CurlRequest(url: url, timeout: .seconds(600))) }
            var requests = server.requests.makeAsyncIterator()
            _ = await requests.next()
            async let first: Void = client.shutdown()
            async let second: Void = client.shutdown()
            _ = await (first, second)
            let interrupted = await #expect(throws: CurlError.self) { try await task.value }
            #expect(interrupted?.kind == .shutDown)
            let refused = await #expect(throws: CurlError.self) { try await client.send(CurlRequest(url: url)) }
            #expect(refused?.kind == .shutDown)
            #expect(refused?.mayHaveBeenSent == false)
            await client.shutdown()
        }
    }

    @Test(arguments: [
        CurlRequest(url: "file:///etc/passwd"),
        CurlRequest(url: "ftp://127.0.0.1/"),
        CurlRequest(url: "http://127.0.0.1/ HTTP/1.1\r\nX: y"),
        CurlRequest(url: "http://127.0.0.1/", headers: [.init("X-Test", "a\r\nX-Other: b")]),
        CurlRequest(url: "http://127.0.0.1/", headers: [.init("X Test", "a")]),
        CurlRequest(.get, url: "http://127.0.0.1/", body: [1]),
    ])
    func rejectsRequestsThatWouldBeMisread(_ request: CurlRequest) async throws {
        let client = CurlClient()
        let error = await #expect(throws: CurlError.self) { try await client.send(request) }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.mayHaveBeenSent == false)
        await client.shutdown()
    }

    @Test func errorOmitsCredentialsOfTheURL() async throws {
        let client = CurlClient()
        let error = await #expect(throws: CurlError.self) {
            try await client.send(CurlRequest(url: "http://user:pass@127.0.0.1/path#pass", body: [1]))
        }
        #expect(error?.request == "GET http://127.0.0.1/path")
        await client.shutdown()
    }
}
