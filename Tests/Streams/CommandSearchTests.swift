import Marketplace
import RedisClient
import Support
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct CommandSearchTests {
    private let stage: Stage

    init() throws { stage = try Stage() }

    private func mayWait(_ id: CommandID, limit: Int = 20_000, page: Int = 2) async throws -> Bool {
        try await CommandSearch(redis: stage.redis, keys: stage.keys, limit: limit, page: page)
            .mayWait(id, for: Stage.service)
    }

    @Test(arguments: [CommandID.new(), CommandID(.v8(digest: Array(repeating: 7, count: 32)))])
    func `a command is found wherever it waits, until it is done`(id: CommandID) async throws {
        // Others before and after it, on more than one page.
        func others() async throws { for _ in 0..<3 { try await stage.enqueue() } }
        var command = Stage.command()
        command.id = id
        #expect(try await !mayWait(id))
        try await others()
        try await stage.enqueue(command)
        try await others()
        #expect(try await mayWait(id))

        let consumer = try stage.consumer()
        var batch = try await stage.next(consumer)
        #expect(try await mayWait(id))
        try await consumer.settle(
            batch, batch.entries.map { _ in .putOff(after: .seconds(3600), reason: "copy behind") })
        #expect(try await stage.length(stage.keys.commands(Stage.service)) == 0)
        #expect(try await mayWait(id))

        try await stage.makeDue()
        batch = try await stage.next(consumer)
        #expect(batch.commandIDs.contains(id))
        try await consumer.settle(batch, batch.entries.map { _ in .done })
        #expect(try await !mayWait(id))

        try await stage.add(["id", id.description, "error", "broken"], to: stage.keys.dead(Stage.service))
        #expect(try await mayWait(id))
        #expect(try await !mayWait(.new()))
        try await stage.close()
    }

    @Test func `what can't be looked through may hold it`() async throws {
        for _ in 0..<4 { try await stage.enqueue() }
        let id = CommandID.new()
        #expect(try await mayWait(id, limit: 3))
        #expect(try await mayWait(id, limit: 4))
        #expect(try await !mayWait(id, limit: 5))
        try await stage.close()
    }
}
