import Marketplace
import RedisClient
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct ReplyStreamTests {
    private let harness: ConsumerHarness

    init() throws { harness = try ConsumerHarness() }

    /// Runs a reply stream during the body.
    private func withReplies(
        maximumExpected: Int = 10, _ body: (ReplyStream, _ key: String) async throws -> Void
    ) async throws {
        let replies = ReplyStream(
            blocking: try harness.blocking(), keys: harness.keys, maximumExpected: maximumExpected,
            logger: ConsumerHarness.silent)
        let task = Task { await replies.run() }
        try await body(replies, harness.keys.replies(replies.instance))
        task.cancel()
        await task.value
        try await harness.close()
    }

    private func add(
        _ id: CommandID, to key: String, as entry: String = "*", body: String = "{}", address: String = "web-1"
    ) async throws {
        _ = try await harness.redis.send(
            RedisCommand(
                "XADD", key, entry, "to", address, "id", id.description, "outcome", "done", "body", body))
    }

    private var soon: ContinuousClock.Instant { .now + .seconds(30) }

    @Test func `a reply reaches all waiters, even if they begin to wait after it arrived`() async throws {
        try await withReplies { replies, key in
            let id = CommandID.new()
            let expected = [try replies.expect(id), try replies.expect(id), try replies.expect(id)]
            let deadline = soon
            async let first = expected[0].wait(until: deadline)
            async let second = expected[1].wait(until: deadline)
            try await add(CommandID.new(), to: key)
            try await add(id, to: key, body: #"{"x":1}"#)
            let reply = Reply(id: id, outcome: .done, body: Array(#"{"x":1}"#.utf8))
            #expect(await first == reply)
            #expect(await second == reply)
            #expect(await expected[2].wait(until: deadline) == reply)
        }
    }

    @Test func `a reply to one waiter of a command reaches no other waiter, and no later one`() async throws {
        try await withReplies { replies, key in
            let id = CommandID.new()
            let (first, second) = (try replies.expect(id), try replies.expect(id))
            #expect(first.address != second.address)
            for (expected, body) in [(first, "1"), (first, "1"), (second, "2")] {
                try await add(id, to: key, body: body, address: expected.address.description)
            }
            #expect(await first.wait(until: soon)?.body == Array("1".utf8))
            #expect(await second.wait(until: soon)?.body == Array("2".utf8))
        }
    }

    @Test func `a wait without a reply ends at the deadline`() async throws {
        try await withReplies { replies, key in
            let (long, short) = (try replies.expect(.new()), try replies.expect(.new()))
            let deadline = soon
            async let late = long.wait(until: deadline)
            #expect(await short.wait(until: .now + .milliseconds(10)) == nil)
            try await add(long.id, to: key)
            #expect(await late != nil)
        }
    }

    @Test func `all present and future waits can be limited`() async throws {
        try await withReplies { replies, key in
            let expected = [try replies.expect(.new()), try replies.expect(.new()), try replies.expect(.new())]
            let deadline = soon
            async let waiting = expected[0].wait(until: deadline)
            replies.endWaits(by: .now)
            #expect(await waiting == nil)
            #expect(await expected[1].wait(until: deadline) == nil)
            // A reply that arrives is still returned.
            try await add(expected[2].id, to: key)
            while await expected[2].wait(until: deadline) == nil { await Task.yield() }
        }
    }

    @Test func `a cancelled wait ends at once`() async throws {
        try await withReplies { replies, _ in
            let expected = try replies.expect(.new())
            let deadline = soon
            let task = Task { await expected.wait(until: deadline) }
            task.cancel()
            #expect(await task.value == nil)
        }
    }

    @Test func `expected replies are bounded, and deregister when deallocated`() async throws {
        try await withReplies(maximumExpected: 2) { replies, _ in
            var held = [try replies.expect(.new()), try replies.expect(.new())]
            #expect(throws: TooManyExpected()) { try replies.expect(.new()) }
            held.removeLast()
            held.append(try replies.expect(.new()))
            #expect(held.count == 2)
        }
    }

    @Test func `the reader starts again when the stream starts again with smaller ids`() async throws {
        try await withReplies { replies, key in
            let (before, after) = (try replies.expect(.new()), try replies.expect(.new()))
            try await add(before.id, to: key, as: "99999999999999-0")
            #expect(await before.wait(until: soon) != nil)
            _ = try await harness.redis.send(RedisCommand("DEL", key))
            try await add(after.id, to: key, as: "5-0")
            #expect(await after.wait(until: soon) != nil)
        }
    }

    @Test func `a malformed reply blocks no other`() async throws {
        try await withReplies { replies, key in
            let expected = try replies.expect(.new())
            try await harness.add(["to", "web-1", "id", "x", "outcome", "done", "body", "{}"], to: key)
            try await harness.add(
                ["to", "web-1", "id", expected.id.description, "outcome", "maybe", "body", "{}"], to: key)
            try await harness.add(["nothing", ""], to: key)
            try await add(expected.id, to: key)
            #expect(await expected.wait(until: soon)?.outcome == .done)
        }
    }

    @Test func `a reply reaches the process that sent the command`() async throws {
        try await withReplies { replies, _ in
            let command = ConsumerHarness.command(reply: replies.instance)
            let expected = try replies.expect(command.id)
            try await harness.enqueue(command)
            let consumer = try harness.consumer()
            await consumer.run { batch in
                consumer.stop()
                return batch.entries.map { entry in
                    guard let to = entry.replyTo else { return .done }
                    let reply = Reply(id: to.id, outcome: .done, body: Array("{}".utf8))
                    return .done(replies: [ReplyMessage(to: to.address, reply)])
                }
            }
            #expect(await expected.wait(until: soon)?.id == command.id)
        }
    }
}
