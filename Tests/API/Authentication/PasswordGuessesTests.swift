import CurlClient
import HTTPTypes
import Logging
import Marketplace
import RedisClient
import Support
import Testing

@testable import API

/// The limits on wrong guesses at one password.
@Suite(.timeLimit(.minutes(2))) struct PasswordGuessesTests {
    private let redis: RedisClient
    private let guesses: PasswordGuesses
    private let account = PasswordGuesses.Subject.account(EmailAddress("ann@example.com")!)

    init() throws {
        redis = RedisClient(
            configuration: try RedisConfiguration(url: TestServers.redisURL),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        guesses = PasswordGuesses(
            perMinute: 3, redis: redis, keyPrefix: TestServers.keyPrefix(), keys: DerivedKeys(secrets: ["secret"]))
    }

    /// Guesses until a guess is refused. Returns the number of checked guesses, and the wait in seconds that the
    /// refusal asks for.
    private func exhaust(_ subject: PasswordGuesses.Subject) async throws -> (Int, Int) {
        for count in 0..<1000 {
            do {
                _ = try await guesses.check(subject) { false }
            } catch let problem as Problem {
                #expect(problem.status == .tooManyRequests)
                return (count, Int(problem.headers[.retryAfter] ?? "") ?? 0)
            }
        }
        throw SupportError("no guess was refused")
    }

    /// Simulates the end of a window.
    private func end(_ fields: String...) async throws {
        for field in fields {
            _ = try await redis.send(RedisCommand("HSET", guesses.name(of: account), field, "0"))
        }
    }

    @Test func wrongGuessesAreLimitedInAMinuteAndAnHour() async throws {
        var total = 0
        for minute in 1...10 {
            let (count, wait) = try await exhaust(account)
            // In the tenth minute, the hourly limit is reached too.
            #expect(count == 3 && (minute < 10 ? 1...60 : 3_000...3_600).contains(wait))
            total += count
            try await end("minute-end")
        }
        #expect(total == 30)
        let (count, wait) = try await exhaust(account)
        #expect(count == 0 && (3_000...3_600).contains(wait))
        // Another account has separate counters.
        #expect(try await exhaust(.account(EmailAddress("bob@example.com")!)).0 == 3)
    }

    /// After a day's guesses reach ten times the limit of a minute, each further guess is delayed: by a minute at
    /// first, later by up to an hour.
    @Test func thePauseGrowsInADay() async throws {
        var waits: [Int] = []
        for _ in 0..<10 {
            _ = try await exhaust(account)
            try await end("minute-end")
        }
        for _ in 0..<71 {
            try await end("minute-end", "hour-end")
            let (count, wait) = try await exhaust(account)
            #expect(count == 0)
            waits.append(wait)
            try await end("next")
            _ = try await guesses.check(account) { false }
        }
        #expect((50...60).contains(waits[0]) && (110...120).contains(waits[10]) && (230...240).contains(waits[20]))
        #expect(waits.allSatisfy { $0 <= 3_600 } && (3_500...3_600).contains(waits[70]))
    }

    @Test func rightGuessesAreNotCounted() async throws {
        for _ in 0..<20 { #expect(try await guesses.check(account) { true }) }
        #expect(try await exhaust(account).0 == 3)
    }

    @Test func aGuessThatWasNotCheckedIsNotCounted() async throws {
        for _ in 0..<20 {
            await #expect(throws: SupportError.self) {
                try await guesses.check(account) { throw SupportError("busy") }
            }
        }
        #expect(try await exhaust(account).0 == 3)
    }

    /// All guesses begin before the first is checked.
    @Test func concurrentGuessesDoNotPassTogether() async throws {
        let checked = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await guesses.check(account) { false }
                        return true
                    } catch is Problem { return false }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(checked == 3)
    }

    @Test func theCountsExpire() async throws {
        _ = try await guesses.check(account) { false }
        let first = try await redis.send(RedisCommand("PTTL", guesses.name(of: account))).int ?? 0
        #expect((3_500_000...3_600_000).contains(first))
        _ = try await exhaust(account)
        let later = try await redis.send(RedisCommand("PTTL", guesses.name(of: account))).int ?? 0
        #expect((86_000_000...86_400_000).contains(later))
    }

    // MARK: Over HTTP

    private func signIn(_ client: APIClient, _ password: String) async throws -> Int {
        try await client.send(
            .post, "/api/users/signin", json: #"{"email":"owner@example.com","password":"\#(password)"}"#
        ).status
    }

    /// Strangers have used up the guesses of the account. Its owner can sign in from a known browser, but from no
    /// other.
    @Test func strangersDoNotLockTheOwnerOut() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["ACCOUNT_SIGN_INS_PER_MINUTE": "3"])
        let (owner, stranger) = (api.client(), api.client())
        try await owner.signUp("owner@example.com")
        #expect(try await owner.send(.post, "/api/users/signout").status == 200)
        for attempt in 0..<5 { #expect(try await signIn(stranger, "a guess") == (attempt < 3 ? 400 : 429)) }
        #expect(try await signIn(stranger, APIClient.password) == 429)
        for _ in 0..<5 { #expect(try await signIn(owner, APIClient.password) == 200) }
        // Guesses from that browser are limited too.
        for attempt in 0..<5 { #expect(try await signIn(owner, "a guess") == (attempt < 3 ? 400 : 429)) }
        try await api.stop()
    }

    /// The cookie belongs to the user, not to the address: it is not valid for a new owner of the old address.
    @Test func aDeviceCookieFollowsItsUserToAnotherAddress() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["ACCOUNT_SIGN_INS_PER_MINUTE": "3"])
        let (owner, stranger, next) = (api.client(), api.client(), api.client())
        try await owner.signUp("before@example.com")
        let change = #"{"email":"owner@example.com","password":"\#(APIClient.password)"}"#
        #expect(try await owner.send(.put, "/api/users/me/email", json: change).status == 200)
        for attempt in 0..<5 { #expect(try await signIn(stranger, "a guess") == (attempt < 3 ? 400 : 429)) }
        #expect(try await signIn(owner, APIClient.password) == 200)

        try await next.signUp("before@example.com")
        let guess = #"{"email":"before@example.com","password":"a guess"}"#
        for attempt in 0..<4 {
            let client = attempt < 2 ? stranger : owner
            let status = try await client.send(.post, "/api/users/signin", json: guess).status
            #expect(status == (attempt < 3 ? 400 : 429))
        }
        try await api.stop()
    }
}
