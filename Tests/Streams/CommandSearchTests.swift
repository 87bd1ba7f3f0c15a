import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct CommandSearchTests {
    private let harness: ConsumerHarness

    init() throws { harness = try ConsumerHarness() }

    private func mayWait(_ id: CommandID, limit: Int = 20_000, pageSize: Int = 2) async throws -> Bool {
        try await CommandSearch(redis: harness.redis, keys: harness.keys, limit: limit, pageSize: pageSize)
            .mayWait(id, for: ConsumerHarness.service)
    }

    @Test(arguments: [CommandID.new(), CommandID(.v8(digest: Array(repeating: 7, count: 32)))])
    func `a command is found wherever it waits, until it is done`(id: CommandID) async throws {
        // Other commands before and after it fill more than one page.
        func others() async throws { for _ in 0..<3 { try await harness.enqueue() } }
        var command = ConsumerHarness.command()
        command.id = id
        #expect(try await !mayWait(id))
        try await others()
        try await harness.enqueue(command)
        try await others()
        #expect(try await mayWait(id))

        let consumer = try harness.consumer()
        var batch = try await harness.next(consumer)
        #expect(try await mayWait(id))
        try await consumer.settle(
            batch, batch.entries.map { _ in .deferred(after: .seconds(3600), reason: "copy behind") })
        #expect(try await harness.length(harness.keys.commands(ConsumerHarness.service)) == 0)
        #expect(try await mayWait(id))

        try await harness.makeDue()
        batch = try await harness.next(consumer)
        #expect(batch.commandIDs.contains(id))
        try await consumer.settle(batch, batch.entries.map { _ in .done })
        #expect(try await !mayWait(id))

        try await harness.add(
            ["id", id.description, "error", "broken"], to: harness.keys.deadLetters(ConsumerHarness.service))
        #expect(try await mayWait(id))
        #expect(try await !mayWait(.new()))
        try await harness.close()
    }

    @Test func `a queue beyond the search limit may contain the command`() async throws {
        for _ in 0..<4 { try await harness.enqueue() }
        let id = CommandID.new()
        #expect(try await mayWait(id, limit: 3))
        #expect(try await mayWait(id, limit: 4))
        #expect(try await !mayWait(id, limit: 5))
        try await harness.close()
    }
}
