import CurlClient
import Foundation
import Logging
import Marketplace
import RedisClient
import Streams
import Support
import Testing

@testable import API

/// Commands that nobody takes up, and how the API says so.
@Suite(.timeLimit(.minutes(2))) struct CommandTests {
    @Test func withoutAReplyItIsAccepted() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())", "Prefer": "wait=0"]
        let answer = try await client.send(.post, "/api/tickets", json: #"{"title":"a","price":1}"#, headers)
        #expect(answer.status == 202)
        #expect(answer[header: "Preference-Applied"] == "wait=0")
        #expect(answer[header: "Location"] == "/api/commands/\(answer.text("id"))")
        let status = try await client.send(.get, "/api/commands/\(answer.text("id"))")
        #expect(status.text("status") == "pending")
        try await api.stop()
    }

    @Test func whatNobodyHasHeardOfForLongIsLost() async throws {
        let api = try await RunningAPI.start()
        let old = CommandID(.v7(at: .now() - CommandWatch.pendingFor - .seconds(1)))
        #expect(try await api.client().send(.get, "/api/commands/\(old)").text("status") == "lost")
        let young = CommandID(.v7(at: .now() - CommandWatch.pendingFor + .seconds(30)))
        #expect(try await api.client().send(.get, "/api/commands/\(young)").text("status") == "pending")
        // An id of an Idempotency-Key does not tell its age.
        let ageless = CommandID(.v8(digest: Array(repeating: 7, count: 16)))
        #expect(try await api.client().send(.get, "/api/commands/\(ageless)").text("status") == "pending")
        try await api.stop()
    }

    /// The pool has stood still since long before: what it has to do is not lost.
    @Test func whatWaitsIsNotLostHoweverOldItIs() async throws {
        let api = try await RunningAPI.start()
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: TestServers.redisURL), logger: .init(label: "test"))
        let keys = Keys(prefix: api.environment["REDIS_KEY_PREFIX"] ?? "")
        let made = Timestamp.now() - CommandWatch.pendingFor - .seconds(3600)
        func status(_ id: CommandID) async throws -> String {
            try await api.client().send(.get, "/api/commands/\(id)").text("status")
        }
        for service in [Marketplace.Service.tickets, .payments] {
            let command = CommandEnvelope(
                id: CommandID(.v7(at: made)), type: "ChangeTicket", at: made, actor: .nobody, body: Array("{}".utf8))
            #expect(try await status(command.id) == "lost")
            let entry = try await CommandProducer(redis: redis, keys: keys).enqueue(command, to: service)
            #expect(try await status(command.id) == "pending")
            _ = try await redis.send(RedisCommand("XDEL", keys.commands(service), entry.description))
            #expect(try await status(command.id) == "lost")
        }
        await redis.close()
        try await api.stop()
    }

    @Test func aServiceThatIsBehindIsShed() async throws {
        let api = try await RunningAPI.start(["SHED_BACKLOG": "1"])
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())", "Prefer": "respond-async"]
        let body = #"{"title":"a","price":1}"#
        #expect(try await client.send(.post, "/api/tickets", json: body, headers).status == 202)
        // A look at the backlog is believed for a moment: ask until it is looked at again.
        var answer = try await client.send(.post, "/api/tickets", json: body, headers)
        while answer.status == 202 { answer = try await client.send(.post, "/api/tickets", json: body, headers) }
        #expect(answer.status == 503)
        #expect(answer.problem == "unavailable")
        #expect(Int(answer[header: "Retry-After"] ?? "") ?? 0 >= 1)
        // Reading goes on.
        #expect(try await client.send(.get, "/api/tickets").status == 200)
        try await api.stop()
    }

    @Test func withoutRedisItSaysThatItCanNot() async throws {
        let redis = try await OwnRedis.start()
        let api = try await RunningAPI.start(redisURL: redis.url)
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())"]
        try await redis.kill()
        let answer = try await client.send(.post, "/api/tickets", json: #"{"title":"a","price":1}"#, headers)
        #expect(answer.status == 503)
        #expect(answer[header: "Retry-After"] != nil)
        #expect(try await client.send(.get, "/api/tickets").status == 200)
        let ready = try await client.send(.get, "/readyz")
        #expect(ready.status == 503)
        #expect(ready.text("redis") == "unready")
        #expect(ready.text("postgresql") == "ready")
        try await api.stop()
    }

    /// A process that is asked to stop tells who waits that the command is on its way, and then ends.
    @Test func stoppingEndsTheWaits() async throws {
        let api = try await RunningAPI.start()
        let client = api.client()
        let headers = ["Authorization": "Bearer \(try await api.token())", "Prefer": "wait=30"]
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: TestServers.redisURL), logger: .init(label: "test"))
        let started = ContinuousClock.now
        async let answer = client.send(.post, "/api/tickets", json: #"{"title":"a","price":1}"#, headers)
        // Its command is in the stream: it waits.
        let stream = "\(api.environment["REDIS_KEY_PREFIX"] ?? ""):commands:{tickets}"
        while try await redis.send(RedisCommand("XLEN", stream)).int == 0 { await Task.yield() }
        await api.triggerShutdown()
        #expect(try await answer.status == 202)
        try await api.stopped()
        #expect(ContinuousClock.now - started < .seconds(20))
        await redis.close()
    }
}
