import Bootstrap
import CurlClient
import Foundation
import Logging
import Marketplace
import RedisClient
import Support
import Testing

@testable import API

/// A ban reaches every API process within 2 s, however it stands with Redis.
@Suite(.timeLimit(.minutes(2))) struct BanTests {
    /// Asks until the answer has the status, at most for so long.
    private func reaches(
        _ status: Int, within time: Duration = .seconds(2), _ ask: () async throws -> APIClient.Answer
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            if try await ask().status == status { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test func refusesTheUserEverywhere() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let second = try await api.another()
        let client = api.client()
        let user = try await client.signUp("banned@example.com")
        let elsewhere = second.client()
        elsewhere.cookies = client.cookies
        #expect(try await elsewhere.send(.get, "/api/orders").status == 200)
        try await ProductProcess.run("gittix", ["users", "ban", "banned@example.com"], environment: api.environment)
        #expect(try await reaches(403) { try await client.send(.get, "/api/orders") })
        #expect(try await reaches(403) { try await elsewhere.send(.get, "/api/orders") })
        let answer = try await client.send(.get, "/api/orders")
        #expect(answer.problem == "banned")

        // One that is only starting knows it from its first answer on.
        let third = try await api.another()
        let late = third.client()
        late.cookies = client.cookies
        #expect(try await late.send(.get, "/api/orders").status == 403)
        // No new session, neither by the password nor by the token.
        let signIn = try await api.client().send(
            .post, "/api/users/signin", json: #"{"email":"banned@example.com","password":"\#(APIClient.password)"}"#)
        #expect(signIn.status == 403)
        late.cookies = ["gittix_refresh": client.cookies["gittix_refresh"] ?? ""]
        #expect(try await late.send(.get, "/api/orders").status == 401)

        try await ProductProcess.run("gittix", ["users", "unban", "\(user.id)"], environment: api.environment)
        #expect(try await reaches(200) { try await client.send(.get, "/api/orders") })
        for one in [third, second, api] { try await one.stop() }
    }

    /// One process's Redis stands still: its list lives on PostgreSQL. With its PostgreSQL gone as well, nobody is
    /// believed to be signed in.
    @Test func withoutRedisPostgreSQLTells() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let redis = try await OwnRedis.start()
        let cut = try await api.another(["REDIS_URL": redis.url])
        let client = api.client()
        try await client.signUp("cut@example.com")
        let there = cut.client()
        there.cookies = client.cookies
        #expect(try await there.send(.get, "/api/orders").status == 200)
        redis.suspend()
        try await ProductProcess.run("gittix", ["users", "ban", "cut@example.com"], environment: api.environment)
        #expect(try await reaches(403) { try await there.send(.get, "/api/orders") })
        redis.resume()
        try await cut.stop()
        try await api.stop()
    }

    @Test func withNeitherNobodyIsBelieved() async throws {
        let api = try await RunningAPI.start(workers: [])
        let logger = Logger(label: "test")
        let redis = try await OwnRedis.start()
        let settings = try Settings.api(from: api.environment.merging(["REDIS_URL": redis.url]) { $1 })
        let pools = try await DatabasePools(settings.databases, for: .reading, name: "test", logger: logger)
        let pool = try #require(pools.pool(of: .users))
        let (built, continuation) = AsyncStream.makeStream(of: Never.self)
        let (keeper, bans) = BanListKeeper.make(
            settings, users: pool, redis: RedisClient(settings.redis, name: "test", logger: logger), logger: logger
        ) { continuation.finish() }
        let running = Task { try await keeper.run() }
        for await _ in built {}
        let user = UserID.new()
        #expect(bans.standing(of: user) == .good)
        // Before: on a busy machine some of the list's patience is over when all is gone.
        let lost = ContinuousClock.now
        try await redis.kill()
        await pools.close()
        while bans.standing(of: user) == .good { try await Task.sleep(for: .milliseconds(20)) }
        #expect(bans.standing(of: user) == .unknown)
        let took = ContinuousClock.now - lost
        #expect(took > .milliseconds(500) && took < .seconds(5))
        running.cancel()
        try await running.value
        try await api.stop()
    }
}
