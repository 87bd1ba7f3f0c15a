import Testing

@testable import RedisClient

struct RedisConfigurationTests {
    @Test func `a URL is parsed into its parts`() throws {
        let plain = try RedisConfiguration(url: "redis://example.com")
        #expect((plain.host, plain.port, plain.database) == ("example.com", 6379, 0))
        #expect(plain.user == nil && plain.password == nil && !plain.usesTLS)

        let full = try RedisConfiguration(url: "rediss://al%69ce:p%40ss%3Aw%25rd@[::1]:6380/12")
        #expect((full.host, full.port, full.database) == ("::1", 6380, 12))
        #expect(full.user == "alice" && full.password == "p@ss:w%rd" && full.usesTLS)

        let passwordOnly = try RedisConfiguration(url: "redis://:a@b^c|@host:1")
        #expect(passwordOnly.user == nil && passwordOnly.password == "a@b^c|" && passwordOnly.host == "host")
    }

    @Test(arguments: [
        ("http://h", RedisConfigurationError.scheme), ("redis://", .host), ("redis://u:p@:1", .host),
        ("redis://[::1", .host), ("redis://h:0", .port), ("redis://h:65536", .port), ("redis://h:", .port),
        ("redis://h:6x", .port), ("redis://[::1]6", .port), ("redis://h/x", .database), ("redis://h/-1", .database),
        ("redis://:%zz@h", .percentEncoding), ("redis://:%ff@h", .percentEncoding), ("redis://:%2@h", .percentEncoding),
        ("redis://h?db=1", .unexpectedParameters),
    ])
    func `an invalid URL is refused with its reason`(url: String, expected: RedisConfigurationError) {
        #expect(throws: expected) { try RedisConfiguration(url: url) }
    }

    @Test func `the password is never shown`() throws {
        struct Settings { let redis: RedisConfiguration }
        let configuration = try RedisConfiguration(url: "redis://me:hunter2@h/1")
        var dumped = ""
        dump(Settings(redis: configuration), to: &dumped)
        for shown in [
            "\(configuration)", String(reflecting: configuration), "\(Settings(redis: configuration))", dumped,
            "\(Mirror(reflecting: configuration).children.map { "\($0)" })",
        ] {
            #expect(!shown.contains("hunter2"))
            #expect(shown.contains("redis://me:***@h:6379/1"))
        }
    }

    @Test func `the backoff doubles up to its maximum, with jitter`() {
        var backoff = Backoff(from: .milliseconds(50), to: .seconds(2))
        var step = Duration.milliseconds(50)
        for _ in 0..<12 {
            let delay = backoff.nextWithJitter()
            #expect(delay >= step / 2 && delay <= step)
            step = min(step * 2, .seconds(2))
        }
        #expect(step == .seconds(2))
        backoff.reset()
        #expect(backoff.nextWithJitter() <= .milliseconds(50))
    }
}
