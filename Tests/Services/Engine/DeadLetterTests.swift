import Marketplace
import PostgresClient
import RedisClient
import Storage
import Testing

@testable import Services
@testable import Streams

/// Dead letters that are retried.
struct DeadLetterTests {
    @Test(arguments: [true, false])
    func `a retried dead letter takes effect once`(committed: Bool) async throws {
        let harness = try await ServiceHarness.users()
        let dead = DeadLetters(service: .users, redis: harness.redis, keys: harness.keys)
        let id = try await harness.send(SignUp.fixture("a@example.com"))
        let batch = try #require(try await harness.consumer.next())
        if committed { _ = try await harness.processor.process(batch) }
        try await harness.consumer.settle(batch, [.deadLetter(reason: "a failure")])
        let letter = try #require(try await dead.list().first)
        #expect(try await dead.newest() == letter.id)
        #expect(try await dead.find(letter.id) == letter)

        #expect(try await dead.retry(letter.id) != nil)
        #expect(try await dead.retry(letter.id) == nil)
        #expect(try await dead.find(letter.id) == nil)
        try await harness.drain()
        #expect(try await harness.replies(to: id).map(\.outcome) == ["done"])
        #expect(try await harness.number("SELECT count(*) FROM users.users") == 1)
        #expect(try await harness.number("SELECT count(*) FROM users.outbox") == 1)
        #expect(try await harness.backlog() == 0)
        #expect(try await harness.deadLetterCount() == 0)
    }
}
