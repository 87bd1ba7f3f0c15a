import Foundation
import Logging
import NIOCore
import NIOPosix
import RedisClient
import Support
import Testing

struct RedisClientTests {
    private let prefix = TestServers.keyPrefix()

    private func client(
        _ url: String? = nil, role: RedisClient.Role = .shared, allowSelfSignedCertificate: Bool = false,
        caFile: String? = nil,
        _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisClient {
        var configuration = try RedisConfiguration(
            url: try url ?? TestServers.redisURL, allowSelfSignedCertificate: allowSelfSignedCertificate,
            caFile: caFile)
        change(&configuration)
        return RedisClient(
            configuration: configuration, role: role, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Polls until the named connection is blocked in BLPOP.
    private func waitUntilBlocked(_ name: String, _ observer: RedisClient) async throws {
        while true {
            let list = try await observer.send(RedisCommand("CLIENT", "LIST")).string ?? ""
            let line = list.split(separator: "\n").first { $0.contains("name=\(name) ") }
            if let line, line.contains("cmd=blpop"), line.contains("flags=b") { return }
        }
    }

    /// The server reports its limit and closes the connection immediately, often before the attempt to connect has
    /// ended.
    @Test(.timeLimit(.minutes(1)))
    func `the error names a server that accepts no more clients`() async throws {
        let server = try await RedisServer.start()
        let first = try client(server.url)
        _ = try await first.send(RedisCommand("CONFIG", "SET", "maxclients", 1))
        for _ in 0..<5 {
            let second = try client(server.url) { $0.commandTimeout = .seconds(2) }
            do {
                _ = try await second.send(RedisCommand("PING"))
                Issue.record("the server took a second client")
            } catch {
                #expect("\(error)".contains("max number of clients reached"), "\(error)")
            }
            await second.close()
        }
        await first.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `concurrent tasks get their own replies in order`() async throws {
        let redis = try client()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<40 {
                group.addTask {
                    for round in 0..<50 {
                        let words = (0..<3).map { "\(task)-\(round)-\($0)" }
                        let replies = try await redis.pipeline(words.map { RedisCommand("ECHO", $0) })
                        #expect(replies.map(\.string) == words)
                        #expect(
                            try await redis.send(RedisCommand("ECHO", "\(task) \(round)")).string == "\(task) \(round)")
                    }
                }
            }
            try await group.waitForAll()
        }
        await redis.close()
    }

    @Test func `a large binary value is stored and read unchanged`() async throws {
        let redis = try client()
        let key = "\(prefix):binary"
        let bytes = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        _ = try await redis.send(RedisCommand("SET", key, bytes, "PX", 600_000))
        #expect(try await redis.send(RedisCommand("GET", key)) == .bulk(bytes[...]))
        _ = try await redis.send(RedisCommand("DEL", key))
        await redis.close()
    }

    @Test func `a pipeline returns errors as values, and a single command throws`() async throws {
        let redis = try client()
        let replies = try await redis.pipeline([
            RedisCommand("PING"), RedisCommand("NOSUCHCOMMAND"), RedisCommand("ECHO", "x"),
        ])
        #expect(replies[0] == .status("PONG"))
        #expect(replies[1].error?.code == "ERR")
        #expect(replies[2].string == "x")
        #expect(try await redis.pipeline([RedisCommand]()).isEmpty)
        let thrown = await #expect(throws: RedisError.self) { try await redis.send(RedisCommand("INCR")) }
        #expect(thrown?.reply?.code == "ERR")
        #expect(thrown?.isUnavailable == false)
        await redis.close()
    }

    @Test func `a script is sent by its source if the server does not have it`() async throws {
        let redis = try client()
        let script = RedisScript("return {KEYS[1], ARGV[1], {1, {2, {3}}}, '\(prefix)'}")
        let expected = RedisValue.array([
            .bulk([107]), .bulk([255, 0]), .array([.integer(1), .array([.integer(2), .array([.integer(3)])])]),
            .bulk(Array(prefix.utf8)[...]),
        ])
        for _ in 0..<2 {
            #expect(try await redis.evaluate(script, keys: ["k"], arguments: [[255, 0] as [UInt8]]) == expected)
        }
        #expect(try await redis.send(RedisCommand("SCRIPT", "EXISTS", script.digest)) == .array([.integer(1)]))
        await redis.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a killed connection fails the requests in flight, and the client reconnects`() async throws {
        let redis = try client { $0.clientName = prefix }
        let observer = try client()
        let blocked = Task { try await redis.send(RedisCommand("BLPOP", "\(prefix):none", 0), timeout: .seconds(60)) }
        try await waitUntilBlocked(prefix, observer)
        let id = try await observer.send(RedisCommand("CLIENT", "LIST")).string?
            .split(separator: "\n").first { $0.contains("name=\(prefix) ") }?
            .split(separator: " ").first.map { String($0.dropFirst(3)) }
        _ = try await observer.send(RedisCommand("CLIENT", "KILL", "ID", try #require(id)))
        let thrown = await #expect(throws: RedisError.self) { try await blocked.value }
        guard case .disconnected(.maybeSent, "BLPOP", _) = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
        #expect(try await redis.send(RedisCommand("PING")) == .status("PONG"))
        await redis.close()
        await observer.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `the client reconnects to a restarted server`() async throws {
        let server = try await RedisServer.start()
        defer { withExtendedLifetime(server) {} }
        let redis = try client(server.url)
        _ = try await redis.send(RedisCommand("SET", "k", "v"))
        try await server.kill()
        let thrown = await #expect(throws: RedisError.self) {
            try await redis.send(RedisCommand("GET", "k"), timeout: .milliseconds(200))
        }
        #expect(thrown?.isUnavailable == true)
        try await server.restart()
        #expect(try await redis.send(RedisCommand("GET", "k"), timeout: .seconds(20)).string == "v")
        await redis.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a request to an unresponsive server times out, and its late reply is dropped`() async throws {
        let server = try await RedisServer.start()
        defer { withExtendedLifetime(server) {} }
        let redis = try client(server.url)
        _ = try await redis.send(RedisCommand("PING"))
        server.suspend()
        let first = await #expect(throws: RedisError.self) {
            try await redis.send(RedisCommand("PING"), timeout: .milliseconds(50))
        }
        #expect(first == .timeout(.maybeSent, during: "PING"))
        server.resume()
        #expect(try await redis.send(RedisCommand("ECHO", "x"), timeout: .seconds(20)).string == "x")
        await redis.close()
    }

    @Test func `a request without a server is not sent, and its error has the cause`() async throws {
        // No server listens on port 1.
        let redis = try client("redis://127.0.0.1:1")
        let thrown = await #expect(throws: RedisError.self) {
            try await redis.send(RedisCommand("PING"), timeout: .seconds(2))
        }
        guard case .disconnected(.notSent, "PING", let cause) = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
        #expect(cause.contains("refused"))
        await redis.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `the client authenticates and selects its database`() async throws {
        let server = try await RedisServer.start(options: [
            "--requirepass", "s3cret word", "--user", "alice", "on", ">p@ss", "~a:*", "+@all",
        ])
        defer { withExtendedLifetime(server) {} }
        let address = "127.0.0.1:\(server.port)"
        let byPassword = try client("redis://:s3cret%20word@\(address)/3")
        _ = try await byPassword.send(RedisCommand("SET", "a:k", "in 3"))
        let alice = try client("redis://alice:p%40ss@\(address)/3")
        #expect(try await alice.send(RedisCommand("GET", "a:k")).string == "in 3")
        #expect(try await alice.send(RedisCommand("ACL", "WHOAMI")).string == "alice")
        let denied = await #expect(throws: RedisError.self) { try await alice.send(RedisCommand("GET", "b:k")) }
        #expect(denied?.reply?.code == "NOPERM")

        for (url, code) in [("redis://:wrong@\(address)", "WRONGPASS"), ("redis://\(address)", "NOAUTH")] {
            let stranger = try client(url)
            let refused = await #expect(throws: RedisError.self) { try await stranger.send(RedisCommand("PING")) }
            guard case .refused(_, let reason) = refused else {
                Issue.record("\(String(describing: refused))")
                continue
            }
            #expect(reason.contains(code))
            #expect(!"\(refused!)".contains("wrong@"))
            await stranger.close()
        }
        await byPassword.close()
        await alice.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a self-signed certificate is accepted only if a setting allows it or names it`() async throws {
        let directory = NSTemporaryDirectory() + "gittix-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        _ = try await Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", "\(directory)/key.pem", "-out", "\(directory)/cert.pem",
            ])
        let port = try await FreePort.find()
        let server = try await RedisServer.start(options: [
            "--tls-port", "\(port)", "--tls-cert-file", "\(directory)/cert.pem", "--tls-key-file",
            "\(directory)/key.pem", "--tls-ca-cert-file", "\(directory)/cert.pem", "--tls-auth-clients", "no",
        ])
        defer { withExtendedLifetime(server) {} }
        let trusting = try client("rediss://localhost:\(port)", allowSelfSignedCertificate: true)
        #expect(try await trusting.send(RedisCommand("ECHO", "secret")).string == "secret")
        await trusting.close()
        let verifying = try client("rediss://localhost:\(port)", caFile: "\(directory)/cert.pem")
        #expect(try await verifying.send(RedisCommand("ECHO", "secret")).string == "secret")
        await verifying.close()
        let strict = try client("rediss://localhost:\(port)")
        let thrown = await #expect(throws: RedisError.self) { try await strict.send(RedisCommand("PING")) }
        guard case .refused(_, let reason) = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
        #expect(reason.contains("CERTIFICATE"))
        await strict.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled blocking request returns at once, and the server drops it`() async throws {
        let observer = try client()
        let redis = try client(role: .blocking) { $0.clientName = prefix }
        let key = "\(prefix):list"
        let blocked = Task { try await redis.send(RedisCommand("BLPOP", key, 0), timeout: .seconds(60)) }
        try await waitUntilBlocked(prefix, observer)
        blocked.cancel()
        let thrown = await #expect(throws: RedisError.self) { try await blocked.value }
        #expect(thrown == .cancelled(.maybeSent, during: "BLPOP"))
        // This request runs on a new connection. If the old connection were still blocked, it would take the element
        // below.
        #expect(try await redis.send(RedisCommand("PING")) == .status("PONG"))
        while try await observer.send(RedisCommand("CLIENT", "LIST")).string?.contains("cmd=blpop") == true {}
        _ = try await observer.send(RedisCommand("RPUSH", key, "x"))
        #expect(try await observer.send(RedisCommand("LPOP", key)).string == "x")
        await redis.close()
        await observer.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled request on a shared connection does not affect other requests`() async throws {
        let redis = try client { $0.clientName = prefix }
        let observer = try client()
        let id = try await redis.send(RedisCommand("CLIENT", "ID"))
        let key = "\(prefix):list"
        let blocked = Task { try await redis.send(RedisCommand("BLPOP", key, 0), timeout: .seconds(60)) }
        try await waitUntilBlocked(prefix, observer)
        let behind = Task { try await redis.send(RedisCommand("CLIENT", "ID")) }
        blocked.cancel()
        await #expect(throws: RedisError.cancelled(.maybeSent, during: "BLPOP")) { try await blocked.value }
        _ = try await observer.send(RedisCommand("RPUSH", key, "x"))
        #expect(try await behind.value == id)
        await redis.close()
        await observer.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `waiting requests are limited, and closing fails them`() async throws {
        let redis = try client {
            $0.clientName = prefix
            $0.maximumWaitingCommands = 1
        }
        let observer = try client()
        let blocked = Task { try await redis.send(RedisCommand("BLPOP", "\(prefix):none", 0), timeout: .seconds(60)) }
        try await waitUntilBlocked(prefix, observer)
        await #expect(throws: RedisError.overloaded(during: "PING")) { try await redis.send(RedisCommand("PING")) }
        await redis.close()
        await #expect(throws: RedisError.closed(.maybeSent, during: "BLPOP")) { try await blocked.value }
        await #expect(throws: RedisError.closed(.notSent, during: "PING")) {
            try await redis.send(RedisCommand("PING"))
        }
        await redis.close()
        await observer.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server that does not speak RESP causes a protocol violation`() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTPResponder())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let redis = try client("redis://127.0.0.1:\(port)")
        let thrown = await #expect(throws: RedisError.self) {
            try await redis.send(RedisCommand("PING"), timeout: .seconds(2))
        }
        #expect("\(thrown!)".contains("not RESP2"))
        await redis.close()
        try await server.close()
    }
}

/// Answers all input with an HTTP response.
private final class HTTPResponder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")), promise: nil)
    }
}
