import Bootstrap
import CurlClient
import Foundation
import Logging
import Marketplace
import NIOCore
import NIOPosix
import PostgresClient
import RedisClient
import Services
import Streams
import Support
import Testing

@testable import API

/// Properties of all requests, with an API without workers.
@Suite struct HTTPTests {
    @Test func everyErrorIsAProblem() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let token = try await api.token()
        let json = ["Authorization": "Bearer \(token)"]
        func expect(
            _ status: Int, _ problem: String, _ method: CurlRequest.Method, _ path: String, json body: String? = nil,
            body bytes: [UInt8] = [], _ headers: [String: String] = [:], source: SourceLocation = #_sourceLocation
        ) async throws {
            let answer = try await client.send(method, path, json: body, body: bytes, headers)
            #expect(answer.status == status, "\(answer.text)", sourceLocation: source)
            #expect(answer.problem == problem, sourceLocation: source)
            #expect(answer[header: "Content-Type"] == "application/problem+json", sourceLocation: source)
            #expect(answer.text("requestId") == answer[header: "X-Request-Id"], sourceLocation: source)
            #expect(answer.text("instance") == path.split(separator: "?")[0], sourceLocation: source)
        }
        try await expect(404, "no-route", .get, "/api/nothing")
        try await expect(404, "no-route", .post, "/%2e%2e/etc/passwd", json: "{}")
        try await expect(405, "method-not-allowed", .delete, "/api/tickets")
        try await expect(415, "not-json", .post, "/api/tickets", body: Array("title=x".utf8), json)
        try await expect(
            415, "not-json", .post, "/api/tickets", json: "{}",
            json.merging(["Content-Encoding": "gzip"]) { $1 })
        try await expect(
            415, "not-json", .post, "/api/tickets", json: "{}",
            json.merging(["Content-Type": "application/json; charset=utf-16"]) { $1 })
        let large = #"{"title":"\#(String(repeating: "x", count: 70_000))"}"#
        try await expect(413, "too-large", .post, "/api/tickets", json: large, json)
        try await expect(400, "malformed-json", .post, "/api/tickets", json: #"{"title":"#, json)
        try await expect(401, "signed-out", .post, "/api/tickets", json: "{}")
        try await expect(401, "signed-out", .get, "/api/orders")
        try await expect(401, "signed-out", .post, "/api/payments", json: "{}")
        try await expect(400, "invalid", .get, "/api/tickets/42")
        try await expect(404, "not-found", .get, "/api/tickets/\(ListingID.new())")
        try await expect(404, "not-found", .get, "/api/orders/\(OrderID.new())", json)
        try await expect(404, "not-found", .put, "/api/tickets/\(ListingID.new())", json: "{}", json)
        try await expect(404, "not-found", .delete, "/api/tickets/\(ListingID.new())", json)
        try await expect(
            404, "not-found", .post, "/api/orders", json: #"{"ticketId":"\#(ListingID.new())","price":1}"#, json)
        try await expect(404, "not-found", .post, "/api/payments", json: #"{"orderId":"\#(OrderID.new())"}"#, json)
        try await expect(400, "invalid", .get, "/api/tickets?cursor=x")
        try await expect(400, "invalid", .get, "/api/orders?limit=1000", json)
        try await expect(400, "invalid", .get, "/api/commands/x")
        try await expect(401, "bad-token", .get, "/api/tickets", ["Authorization": "Bearer x.y.z"])
        try await expect(401, "bad-token", .get, "/api/tickets", ["Authorization": "Basic YTpi"])
        try await expect(
            400, "invalid", .post, "/api/tickets", json: APIClient.listing(),
            json.merging(["Idempotency-Key": "a b"]) { $1 })
        try await api.stop()
    }

    @Test func everyInvalidFieldIsNamed() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())"]
        let ticket = ListingID.new()
        let cases: [(CurlRequest.Method, String, String, Set<String>)] = [
            (.post, "/api/users/signup", "{}", ["email", "password"]),
            (.post, "/api/users/signup", #"{"email":"x","password":"short"}"#, ["email", "password"]),
            (.post, "/api/users/signin", #"{"email":5,"password":null,"x":1}"#, ["email", "password", "x"]),
            (.post, "/api/users/refresh", "{}", ["refreshToken"]),
            (
                .post, "/api/tickets", #"{"title":"","price":0}"#,
                ["title", "price", "venue", "city", "startsAt", "timeZone"]
            ),
            (
                .post, "/api/tickets", #"{"title":"a","price":19.99,"quantity":0,\#(APIClient.show)}"#,
                ["price", "quantity"]
            ),
            (
                .post, "/api/tickets",
                #"{"title":"a","price":9223372036854775808,"quantity":1000001,"currency":"usdx",\#(APIClient.show)}"#,
                ["price", "quantity", "currency"]
            ),
            (
                .put, "/api/tickets/\(ticket)", #"{"title":null,"price":-5,"withdrawn":1}"#,
                ["title", "price", "withdrawn"]
            ),
            (.post, "/api/orders", #"{"ticketId":"1","quantity":101,"price":"5"}"#, ["ticketId", "quantity", "price"]),
            (.post, "/api/orders", #"{"ticketId":"\#(ticket)","quantity":-1,"price":1}"#, ["quantity"]),
            (.post, "/api/orders", #"{"ticketId":"\#(ticket)","quantity":1}"#, ["price"]),
            (.post, "/api/payments", #"{"orderId":true,"card":"4242"}"#, ["orderId", "card"]),
        ]
        for (method, path, body, fields) in cases {
            let answer = try await client.send(method, path, json: body, headers)
            #expect(answer.status == 400, "\(path) \(body)")
            #expect(Set(answer.fields) == fields, "\(path) \(body)")
        }
        try await api.stop()
    }

    @Test func allowContainsTheMethodsOfThePath() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let ticket = "/api/tickets/\(ListingID.new())"
        #expect(try await client.send(.delete, "/api/orders")[header: "Allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(try await client.send(.post, ticket, json: "{}")[header: "Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT")
        #expect(try await client.send(.get, "/api/payments")[header: "Allow"] == "OPTIONS, POST")
        try await api.stop()
    }

    @Test func aPathHasOneSpelling() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        for (path, canonical) in [
            ("//signin", "/signin"), ("/signin/?next=%2Fsell", "/signin?next=%2Fsell"),
            ("//evil.example//", "/evil.example"),
            ("//", "/"),
        ] {
            for method in [CurlRequest.Method.get, .head] {
                let answer = try await client.send(method, path)
                #expect(answer.status == 308, "\(path)")
                #expect(answer[header: "Location"] == canonical)
            }
        }
        for path in ["//api/tickets", "/api//tickets", "/api/tickets/"] {
            #expect(try await client.send(.get, path).status == 404, "\(path)")
            #expect(try await client.send(.post, path, json: "{}").status == 404, "\(path)")
        }
        try await api.stop()
    }

    @Test func everyResponseHasARequestIDAndSecurityHeaders() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let given = try await client.send(.get, "/api/tickets", ["X-Request-Id": "my-request.1"])
        #expect(given[header: "X-Request-Id"] == "my-request.1")
        for bad in ["a b", String(repeating: "x", count: 65), "<script>"] {
            let answer = try await client.send(.get, "/api/tickets", ["X-Request-Id": bad])
            #expect(answer[header: "X-Request-Id"]?.count == 32)
        }
        #expect(given[header: "X-Content-Type-Options"] == "nosniff")
        #expect(given[header: "Cache-Control"] == "no-store")
        #expect(given[header: "Content-Security-Policy"]?.contains("default-src 'none'") == true)
        #expect(try await client.send(.head, "/api/tickets").status == 200)
        // An unknown path: a page for people, problem details for programs.
        let person = try await client.send(.get, "/nothing", ["Accept": "text/html,*/*;q=0.8"])
        #expect(person.status == 404 && person.text.contains("<h1>Not found</h1>"))
        #expect(try await client.send(.get, "/nothing", ["Accept": "*/*"]).problem == "no-route")
        #expect(try await client.send(.get, "/api/nothing", ["Accept": "text/html"]).problem == "no-route")
        try await api.stop()
    }

    @Test func tooLargeHeadersAreRefused() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let long = try await client.send(.get, "/", ["X-Long": String(repeating: "x", count: 9000)])
        #expect(long.status == 431)
        #expect(long.problem == "headers-too-large")
        let many = Dictionary(uniqueKeysWithValues: (0..<80).map { ("X-Number-\($0)", "1") })
        #expect(try await client.send(.get, "/", many).status == 431)
        try await api.stop()
    }

    /// A page of another site can neither act for a user nor sign a user in.
    @Test func requestsFromOtherSitesAreRefused() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        for headers in [["Sec-Fetch-Site": "cross-site"], ["Origin": "https://evil.example"]] {
            for path in ["/api/users/signin", "/api/users/signout", "/api/tickets"] {
                let answer = try await client.send(.post, path, json: "{}", headers)
                #expect(answer.status == 403)
                #expect(answer.problem == "forbidden")
            }
            // These routes ignore `Authorization`, because browsers add passwords of HTTP Basic authentication by
            // themselves.
            for path in ["/api/users/signin", "/api/users/signup", "/signin", "/signup"] {
                let basic = headers.merging(["Authorization": "Basic YTpi"]) { $1 }
                #expect(try await client.send(.post, path, json: "{}", basic).status == 403, "\(path)")
            }
            #expect(try await client.send(.get, "/api/tickets", headers).status == 200)
        }
        // Browsers never add a token themselves.
        let answer = try await client.send(
            .post, "/api/tickets", json: "{}",
            ["Sec-Fetch-Site": "cross-site", "Authorization": "Bearer \(try await api.token())"])
        #expect(answer.status == 400)
        try await api.stop()
    }

    @Test func aRunningProcessIsAliveAndReady() async throws {
        let api = try await RunningAPI.start()
        #expect(try await api.client().send(.get, "/healthz").status == 200)
        let answer = try await api.client().send(.get, "/readyz")
        #expect(answer.status == 200)
        #expect(answer.text("status") == "ready")
        try await api.stop()
    }

    /// Clients are sent to other processes before the socket is closed.
    @Test func aStoppingProcessIsNotReadyAndServesOn() async throws {
        let drain = Drain(duration: .seconds(600))
        let api = try await RunningAPI.start(drain: drain)
        let client = api.client()
        #expect(try await client.send(.get, "/api/tickets")[header: "Connection"] == nil)
        await api.triggerShutdown()
        try await eventually("the process is not ready") { try await client.send(.get, "/readyz").status == 503 }
        let answer = try await client.send(.get, "/readyz")
        #expect(answer.text("process") == "unready" && answer.text("redis") == "ready")
        let search = try await client.send(.get, "/api/tickets")
        #expect(search.status == 200 && search[header: "Connection"] == "close")
        drain.finish()
        try await api.waitUntilStopped()
    }

    @Test func theProcessIsNotReadyWhileRedisRefusesWrites() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(redisURL: redis.url)
        #expect(try await api.client().send(.get, "/readyz").status == 200)
        // The probe writes nothing.
        #expect(try await redis.command("EXISTS", Keys(prefix: "gittix").writeProbe).hasPrefix("0"))
        // Simulates a failed save, or a full server: reads still work.
        _ = try await redis.command("CONFIG", "SET", "min-replicas-to-write", "1")
        let answer = try await api.client().send(.get, "/readyz")
        #expect(answer.status == 503 && answer.text("redis") == "unready")
        #expect((answer.json["reasons"] as? [String: String])?["redis"] == "refuses writes: NOREPLICAS")
        try await api.stop()
    }

    @Test func thePublicReasonNamesNoAddress() {
        let lost = RedisError.disconnected(.notSent, during: "SET", cause: "connect to 10.0.0.1:6379: refused")
        #expect(Readiness.reason(lost) == "is not connected")
        let full = RedisError.disconnected(.notSent, during: "SET", cause: "ERR max number of clients reached")
        #expect(Readiness.reason(full) == "max number of clients reached")
        let refused = PostgresError(
            .connectionLost(sent: false), "connection to server at 10.0.0.1 failed: FATAL", sqlState: "53300")
        #expect(Readiness.reason(refused) == "is not connected (53300)")
    }

    @Test func theProcessIsNotReadyWhileEventsAreNotPublished() async throws {
        let api = try await RunningAPI.start()
        let settings = try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: api.environment)
        let redis = RedisClient(settings.redis, name: "test", logger: Logger(label: "test"))
        let stops = PublishingStops(redis: redis, keys: Keys(prefix: settings.redis.keyPrefix))
        try await stops.report(.orders, reason: "the database was restored")
        let answer = try await api.client().send(.get, "/readyz")
        #expect(answer.status == 503)
        #expect(answer.text("events") == "unready" && answer.text("redis") == "ready")
        await redis.close()
        try await api.stop()
    }

    @Test func theProcessIsNotReadyBeforeTheMigrations() async throws {
        let url = try await TestServers.freshDatabase(migrated: false)
        let settings = try Settings.api(
            schemas: ServiceRegistry.topology.withSchema, from: RunningAPI.environment(["DATABASE_URL": url]))
        let logger = Logger(label: "test")
        let pools = try await DatabasePools(settings.databases, for: .reading, name: "test", logger: logger)
        let readiness = Readiness(
            redis: .init(settings.redis, name: "test", logger: logger), keys: Keys(prefix: settings.redis.keyPrefix),
            pools: [(pools.all[0], ServiceRegistry.topology.names)],
            bans: BanList(lastEventRead: { nil }), drain: Drain(duration: .zero), logger: logger)
        let report = await readiness.report()
        #expect(report.status == .unready)
        #expect(report.postgresql == .ready && report.redis == .ready)
        #expect(report.migrations == .unready && report.bans == .unready)
        await pools.close()
        let without = await readiness.report()
        #expect(without.postgresql == .unready)
    }

    /// Every attempt of the API to write fails.
    @Test func theAPICannotWriteToPostgreSQL() async throws {
        let api = try await RunningAPI.start()
        let settings = try Settings.api(schemas: ServiceRegistry.topology.withSchema, from: api.environment)
        let pools = try await DatabasePools(
            settings.databases, for: .reading, name: "test", logger: Logger(label: "test"))
        let pool = try #require(pools.pool(of: .users))
        #expect(try await pool.query("SELECT count(*) FROM users.users").count == 1)
        let writes: [SQL] = [
            "INSERT INTO users.refresh_tokens (hash, session_id, issued_at) VALUES ('\\x00', gen_random_uuid(), now())",
            "UPDATE users.users SET role = 'admin'", "DELETE FROM orders.allocations", "TRUNCATE tickets.tickets",
            "CREATE TABLE users.mine (id int)", "DROP SCHEMA users CASCADE", "SELECT nextval('users.outbox_ids')",
            "CREATE TEMPORARY TABLE mine (id int)",
        ]
        for write in writes {
            await #expect(throws: PostgresError.self) { try await pool.execute(write) }
        }
        // The role has no permission, even if the session allows writes.
        for write in writes.prefix(6) {
            await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    _ = try await connection.query("SET default_transaction_read_only = off")
                    _ = try await connection.query(write)
                }
            }
        }
        await pools.close()
        try await api.stop()
    }
}

extension HTTPTests {
    /// The response is a problem, and the connection is closed.
    @Test(arguments: [
        "nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST /api/users/signin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func textThatIsNotHTTPIsRefused(text: String) async throws {
        let api = try await RunningAPI.start()
        let answer = try await rawExchange(port: api.port, text)
        #expect(answer.contains("HTTP/1.1 400 Bad Request"))
        #expect(answer.contains("urn:gittix:problem:not-http"))
        try await api.stop()
    }

    /// The API does not wait for a body that never ends, and closes the connection.
    @Test func aSlowBodyIsRefused() async throws {
        let api = try await RunningAPI.start(bodyTimeout: .milliseconds(50))
        let head = "POST /api/users/signin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        for body in ["Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"] {
            let answer = try await rawExchange(port: api.port, head + body)
            #expect(answer.contains("HTTP/1.1 408 Request Timeout"))
            #expect(answer.contains("urn:gittix:problem:too-slow"))
        }
        // Complete requests are not affected.
        #expect(try await api.client().send(.post, "/api/users/signin", json: "{}").status == 400)
        try await api.stop()
    }

    /// The API does not wait for the rest of the body.
    @Test func aTooLargeBodyClosesTheConnection() async throws {
        let api = try await RunningAPI.start()
        let answer = try await rawExchange(
            port: api.port,
            "POST /api/users/signin HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: 100000\r\n\r\n{")
        #expect(answer.contains("HTTP/1.1 413 "))
        #expect(answer.lowercased().contains("connection: close"))
        try await api.stop()
    }

    /// Sends a text, and returns all that the server sends until it closes the connection.
    private func rawExchange(port: Int, _ text: String) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }
}
