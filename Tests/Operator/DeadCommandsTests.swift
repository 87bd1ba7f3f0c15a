import Marketplace
import Streams
import Support
import Testing

struct DeadCommandsTests {
    @Test func `a command goes back as it came, once`() async throws {
        let counter = try await Counter()
        let key = counter.keys.dead(.orders)
        let id = try await counter.add(
            Counter.command + Counter.noted + ["origin", "commands:orders:7-0", "error", "why"], to: key)
        let retried = try await counter.gittix("dead", "retry", "orders", id)
        #expect(retried.succeeded, "\(retried.output)")
        #expect(
            try await counter.entries(counter.keys.commands(.orders))
                == [Counter.command + ["origin", "commands:orders:7-0"]])
        #expect(try await counter.entries(key).isEmpty)

        let again = try await counter.gittix("dead", "retry", "orders", id)
        #expect(!again.succeeded)
        #expect(again.output.contains("orders has no dead letter \(id)"), "\(again.output)")
        #expect(again.output.split(separator: "\n").count == 1, "\(again.output)")
        #expect(try await counter.entries(counter.keys.commands(.orders)).count == 1)
    }

    @Test func `an event goes to the inbox of the service that gave up on it, with its origin`() async throws {
        let counter = try await Counter()
        let letter = Counter.event + Counter.noted + ["origin", "events:tickets:9-0", "error", "why"]
        let id = try await counter.add(letter, to: counter.keys.dead(.orders))
        #expect(try await counter.gittix("dead", "retry", "orders", id).succeeded)
        #expect(
            try await counter.entries(counter.keys.commands(.orders)) == [
                Counter.event + ["origin", "events:tickets:9-0"]
            ])
        #expect(try await counter.entries(counter.keys.events(.tickets)).isEmpty)
    }

    @Test func `all go back in their order, but what has nothing of its own`() async throws {
        let counter = try await Counter()
        let key = counter.keys.dead(.users)
        try await counter.add(["error", "written by hand"], to: key)
        // More than one page.
        for number in 0..<130 { try await counter.add(["id", "\(number)", "error", "why"], to: key) }
        let result = try await counter.gittix("dead", "retry", "users", "--all")
        #expect(!result.succeeded)
        #expect(result.output.contains("users: 130 put back"), "\(result.output)")
        #expect(try await counter.entries(counter.keys.commands(.users)) == (0..<130).map { ["id", "\($0)"] })
        #expect(try await counter.entries(key) == [["error", "written by hand"]])

        let nothing = try await counter.gittix("dead", "retry", "tickets", "--all")
        #expect(nothing.output == "tickets: 0 put back")
        #expect(nothing.succeeded)
    }

    @Test func `what is dropped is nowhere`() async throws {
        let counter = try await Counter()
        let id = try await counter.add(Counter.command + ["error", "why"], to: counter.keys.dead(.orders))
        #expect(try await counter.gittix("dead", "drop", "orders", id).succeeded)
        #expect(try await counter.entries(counter.keys.dead(.orders)).isEmpty)
        #expect(try await counter.entries(counter.keys.commands(.orders)).isEmpty)
        let again = try await counter.gittix("dead", "drop", "orders", id)
        #expect(!again.succeeded)
        #expect(again.output.contains("no dead letter \(id)"), "\(again.output)")
    }

    @Test func `letters are listed and shown`() async throws {
        let counter = try await Counter()
        #expect(try await counter.gittix("dead", "list").output == "Nothing was given up on.")
        let key = counter.keys.dead(.orders)
        let id = try await counter.add(
            Counter.command + Counter.noted + ["origin", "commands:orders:7-0", "error", "a\u{1b}[2Jb"], to: key)
        try await counter.add(["nonsense", "1"], to: key)

        let list = try await counter.gittix("dead", "list", "--limit", "1").output
        for word in [id, "CreateOrder", Counter.command[1], #"a\u{1b}[2Jb"#, "orders: 1 more"] {
            #expect(list.contains(word), "\(list)")
        }
        #expect(try await counter.gittix("dead", "list", "users").output == "Nothing was given up on.")

        let letter = try await counter.gittix("dead", "show", "orders", id).output.split(separator: "\n")
        for line in [
            "failures  5", "history   first line", "          second line", #"body      {"a":1}"#,
            "origin    commands:orders:7-0",
        ] {
            #expect(letter.contains { $0 == line }, "\(letter)")
        }
        let missing = try await counter.gittix("dead", "show", "orders", "1-1")
        #expect(!missing.succeeded)
        #expect(missing.output.contains("`gittix dead list orders`"), "\(missing.output)")
    }

    @Test func `an id that somebody chose is shown`() async throws {
        let counter = try await Counter()
        let key = counter.keys.dead(.orders)
        try await counter.redis.command("XADD", key, "9223372036854775807-0", "a", "1")
        try await counter.redis.command("XADD", key, "18446744073709551615-0", "a", "2")
        let list = try await counter.gittix("dead", "list")
        #expect(list.succeeded, "\(list.output)")
        #expect(list.output.contains("18446744073709551615-0"))
    }

    @Test func `without Redis it says so in one line`() async throws {
        let counter = try await Counter()
        try await counter.redis.stop()
        let result = try await counter.gittix("dead", "list")
        #expect(!result.succeeded)
        #expect(result.output.contains("REDIS_URL"), "\(result.output)")
        #expect(result.output.split(separator: "\n").count == 1, "\(result.output)")
    }
}
