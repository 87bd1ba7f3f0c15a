import Foundation
import Marketplace
import PostgresClient
import RedisClient
import Streams
import Support
import Testing

@testable import Services

/// Commands of unauthorized senders, added to the stream by someone who can write to Redis.
@Suite struct CommandSendersTests {
    private func write(_ changes: [String: String?] = [:], to harness: ServiceHarness<UsersHandler>) async throws {
        let body = String(decoding: try JSONEncoder().encode(try SignUp.fixture("forged@example.com")), as: UTF8.self)
        let fields: [(String, String?)] = [
            ("id", CommandID.new().description), ("type", "SignUp"), ("v", "1"), ("at", Timestamp.now().description),
            ("actor", "operator"), ("reply", harness.instance), ("trace", ""), ("mac", nil), ("body", body),
        ]
        var words = RedisCommand("XADD", harness.keys.commands(.users), "*")
        for (name, value) in fields {
            if let value = changes[name] ?? value { words.append(contentsOf: [name, value]) }
        }
        _ = try await harness.redis.send(words)
    }

    @Test func forgedAndUnsignedCommandsBecomeDeadLettersAndChangeNothing() async throws {
        let harness = try await ServiceHarness.users()
        try await write(to: harness)
        try await write(["mac": "bm9uc2Vuc2U="], to: harness)
        let good = try await harness.send(SignUp.fixture("a@example.com"))
        try await harness.drain()
        #expect(try await harness.replies(to: good).map(\.outcome) == ["done"])
        #expect(try await harness.replies().map(\.outcome).sorted() == ["busy", "busy", "done"])
        #expect(try await harness.deadLetterCount() == 2)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.inbox") == 1)
    }

    /// Someone copies a command with its code and changes the command.
    @Test func aCapturedCodeIsOfNoUseForAnotherCommand() async throws {
        let harness = try await ServiceHarness.users()
        try await harness.send(SignUp.fixture("a@example.com"))
        let sent = try #require(
            try await harness.redis.send(
                RedisCommand("XRANGE", harness.keys.commands(.users), "-", "+")
            ).array?.first?.array?.last?.array)
        let code = try #require(zip(sent, sent.dropFirst()).first { $0.0.string == "mac" }?.1.string)
        try await write(["mac": code], to: harness)
        try await harness.drain()
        #expect(try await harness.deadLetterCount() == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
    }

    @Test func unsignedCommandsAreAcceptedDuringAnUpgrade() async throws {
        let harness = try await ServiceHarness.users(acceptsUnsigned: true)
        try await write(to: harness)
        try await write(["mac": "bm9uc2Vuc2U="], to: harness)
        try await harness.drain()
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await harness.deadLetterCount() == 1)
    }

    @Test func onlyTimersNeedNoCode() {
        let senders = CommandSenders(
            authenticator: .test, timerCommands: ServiceRegistry.timerCommands(of: .orders))
        func refusal(_ type: String, _ actor: Actor) -> String? {
            senders.refusal(
                of: CommandEnvelope(id: .new(), type: type, at: .now(), actor: actor, body: Array("{}".utf8)),
                to: .orders)
        }
        #expect(refusal("ExpireOrder", .nobody) == nil)
        #expect(refusal("ExpireOrder", .operator) != nil)
        #expect(refusal("CancelOrder", .nobody) != nil)
    }
}
