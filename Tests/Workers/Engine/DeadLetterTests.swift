import Marketplace
import PostgresClient
import RedisClient
import Storage
import Testing

@testable import Streams
@testable import Workers

/// What was given up on and put back.
struct DeadLetterTests {
    @Test(arguments: [true, false])
    func `a command that was given up on takes effect once, whether or not it did before`(committed: Bool) async throws
    {
        let rig = try await Rig.users()
        let dead = DeadLetters(service: .users, redis: rig.redis, keys: rig.keys)
        let id = try await rig.send(SignUp.fixture("a@example.com"))
        let batch = try #require(try await rig.consumer.next())
        if committed { _ = try await rig.processor.process(batch) }
        try await rig.consumer.settle(batch, [.dead(reason: "a fault that is mended now")])
        let letter = try #require(try await dead.list().first)
        #expect(try await dead.newest() == letter.id)
        #expect(try await dead.find(letter.id) == letter)

        #expect(try await dead.retry(letter.id) != nil)
        #expect(try await dead.retry(letter.id) == nil)
        #expect(try await dead.find(letter.id) == nil)
        try await rig.drain()
        #expect(try await rig.replies(to: id).map(\.outcome) == ["done"])
        #expect(try await rig.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await rig.number("SELECT count(*) FROM users.outbox") == 1)
        #expect(try await rig.backlog() == 0)
        #expect(try await rig.dead() == 0)
    }
}
