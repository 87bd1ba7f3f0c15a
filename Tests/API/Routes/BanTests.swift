import Bootstrap
import CurlClient
import Foundation
import Logging
import Marketplace
import RedisClient
import Services
import Support
import Testing

@testable import API

/// A ban reaches every API process, with and without Redis. The journey `BanTests` checks that it takes at most 2 s.
@Suite(.timeLimit(.minutes(2))) struct BanTests {
    /// Repeats a request until the response has the status. Returns false after the timeout.
    private func reaches(
        _ status: Int, within timeout: Duration = .seconds(10), _ request: () async throws -> APIClient.Answer
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline {
            if try await request().status == status { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test func aBannedUserIsRefusedByEveryProcess() async throws {
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

        // A new process knows the ban from its first response on.
        let third = try await api.another()
        let late = third.client()
        late.cookies = client.cookies
        #expect(try await late.send(.get, "/api/orders").status == 403)
        // Neither the password nor the refresh token starts a session.
        let signIn = try await api.client().send(
            .post, "/api/users/signin", json: #"{"email":"banned@example.com","password":"\#(APIClient.password)"}"#)
        #expect(signIn.status == 403)
        late.cookies = ["gittix_refresh": client.cookies["gittix_refresh"] ?? ""]
        #expect(try await late.send(.get, "/api/orders").status == 401)

        try await ProductProcess.run("gittix", ["users", "unban", "\(user.id)"], environment: api.environment)
        // The ban has ended the session.
        #expect(try await reaches(401) { try await client.send(.get, "/api/orders") })
        let again = try await client.send(
            .post, "/api/users/signin", json: #"{"email":"banned@example.com","password":"\#(APIClient.password)"}"#)
        #expect(again.status == 200)
        for one in [third, second, api] { try await one.stop() }
    }

    /// The listings service withdraws the listings in slices; in this test, that service does not run.
    @Test func aBannedSellersListingsAreNotOfferedAnyMore() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let client = api.client()
        let seller = try await client.signUp("seller@example.com")
        let database = Psql(try #require(api.environment["DATABASE_URL"]))
        let (banned, other, performance) = (ListingID.new(), ListingID.new(), PerformanceID.new())
        try await database.execute(
            """
            INSERT INTO catalogue.performances (id, event_id, event_version, title, category, performers, venue_id,
                venue_version, venue, city, country, time_zone, starts_at, status, version, created_at, updated_at)
            VALUES ('\(performance)', '\(performance)', 1, 'Radio Nord', 'concert', '{}', '\(performance)', 1, 'Harpa',
                'Reykjavík', 'IS', 'Atlantic/Reykjavik', '2099-08-01', 'scheduled', 1, now(), now())
            """)
        for (id, seller) in [(other, "\(UserID.new())"), (banned, "\(seller.id)")] {
            try await database.execute(
                """
                INSERT INTO tickets.tickets (id, seller_id, title, price, currency, quantity, performance_id, withdrawn,
                    version, created_at, updated_at)
                VALUES ('\(id)', '\(seller)', 'Radio Nord', 4500, 'EUR', 3, '\(performance)', false, 1, now(), now())
                """)
        }
        let visitor = api.client()
        func found() async throws -> Set<String> {
            Set(try await visitor.send(.get, "/api/tickets?q=radio").list.compactMap { $0["id"] as? String })
        }
        func offered() async throws -> Set<String> {
            let offers = try await visitor.send(.get, "/api/performances/\(performance)/offers")
            return Set(offers.list.compactMap { $0["id"] as? String })
        }
        #expect(try await found() == ["\(banned)", "\(other)"])
        #expect(try await offered() == ["\(banned)", "\(other)"])
        #expect(try await visitor.send(.get, "/tickets/\(banned)").text.contains("Sign in to get tickets"))
        try await ProductProcess.run("gittix", ["users", "ban", "seller@example.com"], environment: api.environment)
        #expect(try await reaches(403) { try await client.send(.get, "/api/orders") })
        #expect(try await found() == ["\(other)"])
        #expect(try await offered() == ["\(other)"])
        let page = try await visitor.send(.get, "/tickets/\(banned)").text
        #expect(page.contains("This listing was removed") && !page.contains("Sign in to get tickets"))
        let event = try await visitor.send(.get, "/performances/\(performance)").text
        #expect(event.contains("/tickets/\(other)") && !event.contains("/tickets/\(banned)"))
        // A page without remaining listings is replaced by the next one.
        let first = try await visitor.send(.get, "/api/tickets?sort=newest&limit=1")
        #expect(first.list.map { $0["id"] as? String } == ["\(other)"])
        try await api.stop()
    }

    /// The Redis of one API process is suspended, so that process reads its list of bans from PostgreSQL.
    @Test func withoutRedisBansAreReadFromPostgreSQL() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let redis = try await RedisServer.start()
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

    @Test func withoutRedisAndPostgreSQLTheStatusBecomesUnknown() async throws {
        let api = try await RunningAPI.start(workers: [])
        let logger = Logger(label: "test")
        let redis = try await RedisServer.start()
        let settings = try Settings.api(
            schemas: ServiceRegistry.topology.withSchema, from: api.environment.merging(["REDIS_URL": redis.url]) { $1 }
        )
        let pools = try await DatabasePools(settings.databases, for: .reading, name: "test", logger: logger)
        let pool = try #require(pools.pool(of: .users))
        let (built, continuation) = AsyncStream.makeStream(of: Never.self)
        let (updater, bans) = BanListUpdater.make(
            settings, endedSessions: EndedSessions(), users: pool,
            redis: RedisClient(settings.redis, name: "test", logger: logger), logger: logger
        ) { continuation.finish() }
        let running = Task { try await updater.run() }
        for await _ in built {}
        let user = UserID.new()
        #expect(bans.status(of: user) == .notBanned)
        // The time is read before the servers stop: on a busy machine, stopping them uses up a part of the list's
        // maximum age.
        let lost = ContinuousClock.now
        try await redis.kill()
        await pools.close()
        while bans.status(of: user) == .notBanned { try await Task.sleep(for: .milliseconds(20)) }
        #expect(bans.status(of: user) == .unknown)
        let took = ContinuousClock.now - lost
        #expect(took < .seconds(10))
        running.cancel()
        try await running.value
        try await api.stop()
    }
}
