import CurlClient
import Foundation
import Logging
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Support
import Testing

@testable import API

/// Commands that no worker executes.
@Suite(.timeLimit(.minutes(2))) struct CommandTests {
    @Test func aCommandWithoutAReplyIsAccepted() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())", "Prefer": "wait=0"]
        let answer = try await client.send(.post, "/api/tickets", json: APIClient.listing(), headers)
        #expect(answer.status == 202)
        #expect(answer[header: "Preference-Applied"] == "wait=0")
        #expect(answer[header: "Location"] == "/api/commands/\(answer.text("id"))")
        let status = try await client.send(.get, "/api/commands/\(answer.text("id"))")
        #expect(status.text("status") == "pending")
        try await api.stop()
    }

    @Test func anOldUnknownCommandIsLost() async throws {
        let api = try await RunningAPI.start()
        let old = CommandID(.v7(at: .now() - CommandWatch.assumedPending - .seconds(1)))
        #expect(try await api.client().send(.get, "/api/commands/\(old)").text("status") == "lost")
        let young = CommandID(.v7(at: .now() - CommandWatch.assumedPending + .seconds(30)))
        #expect(try await api.client().send(.get, "/api/commands/\(young)").text("status") == "pending")
        // The id of a command with an Idempotency-Key does not contain its age.
        let ageless = CommandID(.v8(digest: Array(repeating: 7, count: 16)))
        #expect(try await api.client().send(.get, "/api/commands/\(ageless)").text("status") == "pending")
        try await api.stop()
    }

    /// An operator may still retry the dead letter.
    @Test func aCommandWhoseDeadLetterIsArchivedIsNotLost() async throws {
        let api = try await RunningAPI.start()
        let pool = PostgresPool(
            try PostgresConfiguration(url: try #require(api.environment["DATABASE_URL"])), size: 1)
        let id = CommandID(.v7(at: .now() - CommandWatch.assumedPending - .seconds(3600)))
        #expect(try await api.client().send(.get, "/api/commands/\(id)").text("status") == "lost")
        try await DeadLetterArchive(service: .payments).add(
            [DeadLetterArchive.Letter(id: "1-0", diedAt: .now(), fields: ["id": id.description, "body": "\u{0}"])],
            on: pool)
        #expect(try await api.client().send(.get, "/api/commands/\(id)").text("status") == "pending")
        await pool.close()
        try await api.stop()
    }

    /// Commands of a service whose workers stopped long ago are not lost.
    @Test func aQueuedCommandIsNeverLost() async throws {
        let api = try await RunningAPI.start()
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: TestServers.redisURL), logger: .init(label: "test"))
        let keys = Keys(prefix: api.environment["REDIS_KEY_PREFIX"] ?? "")
        let made = Timestamp.now() - CommandWatch.assumedPending - .seconds(3600)
        func status(_ id: CommandID) async throws -> String {
            try await api.client().send(.get, "/api/commands/\(id)").text("status")
        }
        for service in [ServiceName.listings, .payments] {
            let command = CommandEnvelope(
                id: CommandID(.v7(at: made)), type: "ChangeTicket", at: made, actor: .nobody, body: Array("{}".utf8))
            #expect(try await status(command.id) == "lost")
            let entry = try await CommandProducer(redis: redis, keys: keys, authenticator: .test)
                .enqueue(command, to: service)
            #expect(try await status(command.id) == "pending")
            _ = try await redis.send(RedisCommand("XDEL", keys.commands(service), entry.description))
            #expect(try await status(command.id) == "lost")
        }
        await redis.close()
        try await api.stop()
    }

    @Test func aLongBacklogShedsRequests() async throws {
        let api = try await RunningAPI.start(["SHED_BACKLOG": "1"])
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())", "Prefer": "respond-async"]
        let body = APIClient.listing()
        #expect(try await client.send(.post, "/api/tickets", json: body, headers).status == 202)
        // A measurement of the backlog is reused for a moment, so repeat the request until the backlog is measured
        // again.
        var answer = try await client.send(.post, "/api/tickets", json: body, headers)
        while answer.status == 202 { answer = try await client.send(.post, "/api/tickets", json: body, headers) }
        #expect(answer.status == 503)
        #expect(answer.problem == "unavailable")
        #expect(Int(answer[header: "Retry-After"] ?? "") ?? 0 >= 1)
        // Reads still succeed.
        #expect(try await client.send(.get, "/api/tickets").status == 200)
        try await api.stop()
    }

    @Test func withoutRedisCommandsAreUnavailable() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(redisURL: redis.url)
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())"]
        try await redis.kill()
        let answer = try await client.send(.post, "/api/tickets", json: APIClient.listing(), headers)
        #expect(answer.status == 503)
        #expect(answer[header: "Retry-After"] != nil)
        #expect(try await client.send(.get, "/api/tickets").status == 200)
        let ready = try await client.send(.get, "/readyz")
        #expect(ready.status == 503)
        #expect(ready.text("redis") == "unready")
        #expect(ready.text("postgresql") == "ready")
        try await api.stop()
    }

    /// A process that is asked to stop sends 202 to waiting clients, and then ends.
    @Test func aShutdownEndsTheWaitsForReplies() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())", "Prefer": "wait=30"]
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: TestServers.redisURL), logger: .init(label: "test"))
        let started = ContinuousClock.now
        async let answer = client.send(.post, "/api/tickets", json: APIClient.listing(), headers)
        // Once its command is in the stream, the request waits for the reply.
        let stream = "\(api.environment["REDIS_KEY_PREFIX"] ?? ""):commands:{tickets}"
        while try await redis.send(RedisCommand("XLEN", stream)).int == 0 { await Task.yield() }
        await api.triggerShutdown()
        #expect(try await answer.status == 202)
        try await api.waitUntilStopped()
        #expect(ContinuousClock.now - started < .seconds(20))
        await redis.close()
    }
}
