import HTTPTypes
import Logging
import Marketplace
import RedisClient
import Support
import Testing

@testable import API

/// The budget of commands of each user.
struct CommandBudgetTests {
    private static func redis() throws -> RedisClient {
        RedisClient(
            configuration: try RedisConfiguration(url: TestServers.redisURL),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func budget(_ perMinute: Int, prefix: String = TestServers.keyPrefix()) throws -> CommandBudget {
        CommandBudget(perMinute: perMinute, redis: try Self.redis(), keyPrefix: prefix)
    }

    /// Takes tokens until one is refused. Returns the number of tokens and the refusal.
    private static func exhaust(
        _ budget: CommandBudget, for user: UserID, limit: Int = 1000
    ) async throws -> (Int, Problem) {
        let now = ContinuousClock.now
        for count in 0..<limit {
            do {
                try await budget.take(for: .user(user), now: now)
            } catch let problem as Problem {
                return (count, problem)
            }
        }
        throw SupportError("\(limit) commands were admitted")
    }

    @Test func aUserIsRefusedBeyondTheBudget() async throws {
        let budget = try Self.budget(100)
        let (count, problem) = try await Self.exhaust(budget, for: .new())
        // Ten tokens come from the process's own bucket. Redis adds a token every 0.6 s.
        #expect((110...130).contains(count))
        #expect(problem.status == .tooManyRequests)
        #expect(problem.headers[.retryAfter] == "1")
        #expect(problem.headers[.rateLimitPolicy] == "\"commands\";q=100;w=60")
        #expect(problem.headers[.rateLimit] == "\"commands\";r=0;t=1")
    }

    @Test func processesShareTheBudget() async throws {
        let prefix = TestServers.keyPrefix()
        let (one, other) = (try Self.budget(10, prefix: prefix), try Self.budget(10, prefix: prefix))
        let user = UserID.new()
        _ = try await Self.exhaust(one, for: user)
        // The other process has only its own bucket of one token, and the tokens that Redis added in the meantime: one
        // every six seconds.
        let (count, _) = try await Self.exhaust(other, for: user)
        #expect((1...2).contains(count))
    }

    @Test func usersHaveBudgetsOfTheirOwn() async throws {
        let budget = try Self.budget(10)
        _ = try await Self.exhaust(budget, for: .new())
        try await budget.take(for: .user(.new()))
    }

    @Test func commandsThatNoUserSendsAreNotCounted() async throws {
        let budget = try Self.budget(1)
        for _ in 0..<100 {
            for actor in [Actor.nobody, .operator, .stripe] { try await budget.take(for: actor) }
        }
    }

    @Test func aNormalPaceCostsNoRequestToRedis() async throws {
        let (redis, prefix) = (try Self.redis(), TestServers.keyPrefix())
        let budget = CommandBudget(perMinute: 60, redis: redis, keyPrefix: prefix)
        let user = UserID.new()
        let start = ContinuousClock.now
        // A command every ten seconds.
        for count in 0..<20 { try await budget.take(for: .user(user), now: start + .seconds(10 * count)) }
        #expect(try await redis.send(RedisCommand("EXISTS", "\(prefix):commands-of:{\(user)}")).int == 0)
    }

    /// If there are more users than buckets in the process, each user still gets a bucket, at the same cost.
    @Test func theOwnBucketsAreBounded() async throws {
        let (redis, prefix) = (try Self.redis(), TestServers.keyPrefix())
        let budget = CommandBudget(perMinute: 60, redis: redis, keyPrefix: prefix, ownBuckets: 10)
        let users = (0..<50).map { _ in UserID.new() }
        for user in users { try await budget.take(for: .user(user)) }
        let keys = users.map { "\(prefix):commands-of:{\($0)}" }
        for key in keys { #expect(try await redis.send(RedisCommand("EXISTS", key)).int == 0) }
    }

    @Test func theKeyInRedisExpires() async throws {
        let (redis, prefix) = (try Self.redis(), TestServers.keyPrefix())
        let budget = CommandBudget(perMinute: 60, redis: redis, keyPrefix: prefix)
        let user = UserID.new()
        _ = try await Self.exhaust(budget, for: user)
        let milliseconds = try await redis.send(RedisCommand("PTTL", "\(prefix):commands-of:{\(user)}")).int ?? -1
        #expect((1...60_000).contains(milliseconds))
    }

    @Test(arguments: [(1, 1), (3, 3), (60, 60)])
    func aFullBucketHasItsCapacity(capacity: Int, expected: Int) {
        let bucket = TokenBucket(capacity: capacity, fillTime: .seconds(60))
        let now = ContinuousClock.now
        var (state, count): (ContinuousClock.Instant?, Int) = (nil, 0)
        while let next = bucket.take(fullAt: state, now: now) { (state, count) = (next, count + 1) }
        #expect(count == expected)
        // After a sixtieth of the fill time, only the largest bucket has a token again.
        #expect((bucket.take(fullAt: state, now: now + .seconds(1)) != nil) == (capacity == 60))
        #expect(bucket.take(fullAt: state, now: now + .seconds(60)) != nil)
    }

    @Test func aBucketWithoutCapacityIsEmpty() {
        let bucket = TokenBucket(capacity: 0, fillTime: .seconds(60))
        #expect(bucket.take(fullAt: nil, now: .now) == nil)
    }
}
