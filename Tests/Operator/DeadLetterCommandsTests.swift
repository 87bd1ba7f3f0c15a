import Marketplace
import Streams
import Support
import Testing

struct DeadLetterCommandsTests {
    @Test func `a retried command returns to its stream once and unchanged`() async throws {
        let harness = try await RedisOperatorHarness()
        let key = harness.keys.deadLetters(.orders)
        let id = try await harness.add(
            RedisOperatorHarness.command + RedisOperatorHarness.notes + [
                "origin", "commands:orders:7-0", "error", "why",
            ], to: key)
        let retried = try await harness.gittix("dead", "retry", "orders", id)
        #expect(retried.succeeded, "\(retried.output)")
        #expect(
            try await harness.entries(harness.keys.commands(.orders))
                == [RedisOperatorHarness.command + ["origin", "commands:orders:7-0"]])
        #expect(try await harness.entries(key).isEmpty)

        let again = try await harness.gittix("dead", "retry", "orders", id)
        #expect(!again.succeeded)
        #expect(again.output.contains("orders has no dead letter \(id)"), "\(again.output)")
        #expect(again.output.split(separator: "\n").count == 1, "\(again.output)")
        #expect(try await harness.entries(harness.keys.commands(.orders)).count == 1)
    }

    @Test func `a retried event goes to the command stream of its service with its origin`() async throws {
        let harness = try await RedisOperatorHarness()
        let letter =
            RedisOperatorHarness.event + RedisOperatorHarness.notes + ["origin", "events:tickets:9-0", "error", "why"]
        let id = try await harness.add(letter, to: harness.keys.deadLetters(.orders))
        #expect(try await harness.gittix("dead", "retry", "orders", id).succeeded)
        #expect(
            try await harness.entries(harness.keys.commands(.orders)) == [
                RedisOperatorHarness.event + ["origin", "events:tickets:9-0"]
            ])
        #expect(try await harness.entries(harness.keys.events(.listings)).isEmpty)
    }

    @Test func `retry --all puts letters back in order and skips those without own fields`() async throws {
        let harness = try await RedisOperatorHarness()
        let key = harness.keys.deadLetters(.users)
        try await harness.add(["error", "written by hand"], to: key)
        // More than one page.
        for number in 0..<130 { try await harness.add(["id", "\(number)", "error", "why"], to: key) }
        let result = try await harness.gittix("dead", "retry", "users", "--all")
        #expect(!result.succeeded)
        #expect(result.output.contains("users: 130 put back"), "\(result.output)")
        #expect(try await harness.entries(harness.keys.commands(.users)) == (0..<130).map { ["id", "\($0)"] })
        #expect(try await harness.entries(key) == [["error", "written by hand"]])

        let empty = try await harness.gittix("dead", "retry", "tickets", "--all")
        #expect(empty.output == "tickets: 0 put back")
        #expect(empty.succeeded)
    }

    @Test func `a dropped letter is deleted`() async throws {
        let harness = try await RedisOperatorHarness()
        let id = try await harness.add(
            RedisOperatorHarness.command + ["error", "why"], to: harness.keys.deadLetters(.orders))
        #expect(try await harness.gittix("dead", "drop", "orders", id).succeeded)
        #expect(try await harness.entries(harness.keys.deadLetters(.orders)).isEmpty)
        #expect(try await harness.entries(harness.keys.commands(.orders)).isEmpty)
        let again = try await harness.gittix("dead", "drop", "orders", id)
        #expect(!again.succeeded)
        #expect(again.output.contains("no dead letter \(id)"), "\(again.output)")
    }

    @Test func `letters are listed and shown`() async throws {
        let harness = try await RedisOperatorHarness()
        #expect(try await harness.gittix("dead", "list").output == "No dead letters.")
        let key = harness.keys.deadLetters(.orders)
        let id = try await harness.add(
            RedisOperatorHarness.command + RedisOperatorHarness.notes + [
                "origin", "commands:orders:7-0", "error", "a\u{1b}[2Jb",
            ], to: key)
        try await harness.add(["nonsense", "1"], to: key)

        let list = try await harness.gittix("dead", "list", "--limit", "1").output
        for word in [id, "CreateOrder", RedisOperatorHarness.command[1], #"a\u{1b}[2Jb"#, "orders: 1 more"] {
            #expect(list.contains(word), "\(list)")
        }
        #expect(try await harness.gittix("dead", "list", "users").output == "No dead letters.")

        let letter = try await harness.gittix("dead", "show", "orders", id).output.split(separator: "\n")
        for line in [
            "failures  5", "history   first line", "          second line", #"body      {"a":1}"#,
            "origin    commands:orders:7-0",
        ] {
            #expect(letter.contains { $0 == line }, "\(letter)")
        }
        let missing = try await harness.gittix("dead", "show", "orders", "1-1")
        #expect(!missing.succeeded)
        #expect(missing.output.contains("`gittix dead list orders`"), "\(missing.output)")
    }

    @Test func `a letter with an id written by hand is listed`() async throws {
        let harness = try await RedisOperatorHarness()
        let key = harness.keys.deadLetters(.orders)
        try await harness.redis.command("XADD", key, "9223372036854775807-0", "a", "1")
        try await harness.redis.command("XADD", key, "18446744073709551615-0", "a", "2")
        let list = try await harness.gittix("dead", "list")
        #expect(list.succeeded, "\(list.output)")
        #expect(list.output.contains("18446744073709551615-0"))
    }

    @Test func `an unavailable Redis is reported in one line`() async throws {
        let harness = try await RedisOperatorHarness()
        try await harness.redis.stop()
        let result = try await harness.gittix("dead", "list")
        #expect(!result.succeeded)
        #expect(result.output.contains("REDIS_URL"), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }
}
