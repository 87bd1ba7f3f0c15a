import Testing

@testable import RedisClient

struct GreetingTests {
    private func greeting(_ url: String, name: String? = nil) throws -> Greeting {
        var configuration = try RedisConfiguration(url: url)
        configuration.clientName = name
        return Greeting(configuration)
    }

    private func error(_ line: String) -> RedisValue { .error(RedisReplyError(line: line)) }

    @Test func `only what is set is said, and PING last`() throws {
        #expect(try greeting("redis://h").commands == [RedisCommand("PING")])
        #expect(
            try greeting("redis://u:p@h/2", name: "n").commands
                == [
                    RedisCommand("AUTH", "u", "p"), RedisCommand("SELECT", 2), RedisCommand("CLIENT", "SETNAME", "n"),
                    RedisCommand("PING"),
                ])
        #expect(try greeting("redis://:p@h").commands.first == RedisCommand("AUTH", "p"))
    }

    @Test func `a connection is ready when all is answered`() throws {
        var greeting = try greeting("redis://:p@h/2")
        #expect(greeting.receive(.status("OK")) == .goOn)
        #expect(greeting.receive(.status("OK")) == .goOn)
        #expect(greeting.receive(.status("PONG")) == .ready)
    }

    @Test func `a wrong password is refused, a loading server is only unavailable`() throws {
        var refused = try greeting("redis://:p@h")
        #expect(refused.receive(error("WRONGPASS invalid")) == .refused("AUTH: WRONGPASS invalid"))
        var missing = try greeting("redis://h")
        #expect(
            missing.receive(error("NOAUTH Authentication required."))
                == .refused("PING: NOAUTH Authentication required."))
        var loading = try greeting("redis://h")
        #expect(loading.receive(error("LOADING in memory")) == .unavailable("LOADING in memory"))
        var full = try greeting("redis://h")
        #expect(
            full.receive(error("ERR max number of clients reached"))
                == .unavailable("ERR max number of clients reached"))
    }

    @Test func `a user who may neither ping nor be named still works`() throws {
        var greeting = try greeting("redis://h", name: "n")
        #expect(greeting.receive(error("NOPERM client")) == .goOn)
        #expect(greeting.receive(error("NOPERM ping")) == .ready)
    }
}
