import Testing

@testable import RedisClient

struct HandshakeTests {
    private func handshake(_ url: String, name: String? = nil) throws -> Handshake {
        var configuration = try RedisConfiguration(url: url)
        configuration.clientName = name
        return Handshake(configuration)
    }

    private func error(_ line: String) -> RedisValue { .error(RedisReplyError(line: line)) }

    @Test func `the handshake sends only configured commands, and PING last`() throws {
        #expect(try handshake("redis://h").commands == [RedisCommand("PING")])
        #expect(
            try handshake("redis://u:p@h/2", name: "n").commands
                == [
                    RedisCommand("AUTH", "u", "p"), RedisCommand("SELECT", 2), RedisCommand("CLIENT", "SETNAME", "n"),
                    RedisCommand("PING"),
                ])
        #expect(try handshake("redis://:p@h").commands.first == RedisCommand("AUTH", "p"))
    }

    @Test func `a connection is ready when every command is answered`() throws {
        var handshake = try handshake("redis://:p@h/2")
        #expect(handshake.receive(.status("OK")) == .inProgress)
        #expect(handshake.receive(.status("OK")) == .inProgress)
        #expect(handshake.receive(.status("PONG")) == .ready)
    }

    @Test func `a wrong password is refused, and a loading server is unavailable`() throws {
        var refused = try handshake("redis://:p@h")
        #expect(refused.receive(error("WRONGPASS invalid")) == .refused("AUTH: WRONGPASS invalid"))
        var missing = try handshake("redis://h")
        #expect(
            missing.receive(error("NOAUTH Authentication required."))
                == .refused("PING: NOAUTH Authentication required."))
        var loading = try handshake("redis://h")
        #expect(loading.receive(error("LOADING in memory")) == .unavailable("LOADING in memory"))
        var full = try handshake("redis://h")
        #expect(
            full.receive(error("ERR max number of clients reached"))
                == .unavailable("ERR max number of clients reached"))
    }

    @Test func `a user without permission for PING and CLIENT can still connect`() throws {
        var handshake = try handshake("redis://h", name: "n")
        #expect(handshake.receive(error("NOPERM client")) == .inProgress)
        #expect(handshake.receive(error("NOPERM ping")) == .ready)
    }
}
