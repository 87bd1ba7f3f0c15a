import Marketplace
import RedisClient
import Support
import Synchronization
import Testing

@testable import Streams

/// Entries that have failed or may end their process, beside healthy ones.
@Suite(.timeLimit(.minutes(1)))
struct SuspectTests {
    private let harness: ConsumerHarness
    private let service = ConsumerHarness.service
    private let commandStream: String

    init() throws {
        harness = try ConsumerHarness()
        commandStream = harness.keys.commands(ConsumerHarness.service)
    }

    /// Adds a command that has failed before.
    @discardableResult
    private func enqueueFailed(history: String = "failed") async throws -> CommandID {
        let command = ConsumerHarness.command()
        var add = RedisCommand("XADD", commandStream, "*")
        command.append(to: &add)
        add.append(contentsOf: ["failures", "1", "history", history])
        _ = try await harness.redis.send(add)
        return command.id
    }

    /// Delivers all entries of the stream to two workers in turn, which end without settling them.
    private func abandonTwice() async throws {
        for _ in 0..<2 {
            let victim = try harness.consumer()
            _ = try await harness.next(victim)
            try await harness.makeIdle(victim, commandStream)
        }
    }

    private func notes() async throws -> [String?] {
        try await harness.redis.send(RedisCommand("HVALS", harness.keys.inHandNotes(service))).array?.map(\.string)
            ?? []
    }

    @Test func `while a suspect is handled, entries are read and handled`() async throws {
        let failed = try await enqueueFailed()
        let started = AsyncStream<Void>.makeStream()
        let mayEnd = AsyncStream<Void>.makeStream()
        let handled = Mutex<[CommandID]>([])
        var settings = ConsumerHarness.eager
        settings.batchSize = 2
        let consumer = try harness.consumer(service, settings)
        let run = Task {
            await consumer.run { batch in
                if batch.commandIDs == [failed] {
                    started.continuation.yield()
                    for await _ in mayEnd.stream { break }
                }
                handled.withLock { $0 += batch.commandIDs }
                return batch.entries.map { _ in .done }
            }
        }
        var starts = started.stream.makeAsyncIterator()
        await starts.next()
        for _ in 0..<7 { try await harness.enqueue() }
        // Only the suspect is left.
        try await eventually("the others are settled") { try await harness.length(commandStream) == 1 }
        #expect(handled.withLock { $0.count == 7 && !$0.contains(failed) })
        mayEnd.continuation.finish()
        try await eventually("the suspect is settled") { try await harness.length(commandStream) == 0 }
        run.cancel()
        await run.value
        try await harness.close()
    }

    @Test func `suspects are handled one at a time`() async throws {
        for _ in 0..<5 { try await enqueueFailed() }
        let counter = OverlapCounter(redis: harness.redis)
        let consumer = try harness.consumer()
        let run = Task { await consumer.run(counter.handle) }
        try await eventually("all are handled") { counter.entries == 5 }
        run.cancel()
        await run.value
        #expect(counter.maximum == 1)
        try await harness.close()
    }

    @Test func `suspects beyond the limit are deferred with their history`() async throws {
        for index in 0..<3 { try await enqueueFailed(history: "line \(index)") }
        var settings = ConsumerHarness.eager
        settings.maxSuspects = 1
        settings.suspectDelay = .seconds(3600)
        let consumer = try harness.consumer(service, settings)
        #expect(try await harness.next(consumer).isAlone)
        let deferred = try await harness.members(harness.keys.deferred(service))
        #expect(deferred.count == 2)
        #expect(deferred.allSatisfy { $0.contains(#""failures","1""#) && $0.contains(#""line "#) })
        try await harness.close()
    }

    @Test func `an entry that was delivered with a crashing entry does not count as crashing`() async throws {
        let killer = ConsumerHarness.command("Killer")
        let innocent = ConsumerHarness.command("Innocent")
        for command in [innocent, killer] { try await harness.enqueue(command) }
        try await abandonTwice()
        // Two more workers end, each with the crashing entry in hand.
        for _ in 0..<2 {
            let victim = try harness.consumer()
            while true {
                let batch = try await harness.next(victim)
                #expect(batch.isAlone)
                if batch.commandIDs == [killer.id] { break }
                // The batch is committed, and the worker ends before it settles the batch.
                await victim.putDown(batch)
            }
            try await harness.makeIdle(victim, commandStream)
        }
        let last = try harness.consumer()
        let batch = try await harness.next(last)
        #expect(batch.commandIDs == [innocent.id])
        try await last.settle(batch, [.done])
        _ = try await last.next()
        let letters = try await harness.entries(harness.keys.deadLetters(service))
        #expect(letters.map { $0.text("id") } == [killer.id.description])
        #expect(try await notes().isEmpty)
        try await harness.close()
    }

    @Test func `an entry that may end the process is handled while no consumer of the process handles anything`()
        async throws
    {
        try await harness.enqueue()
        try await abandonTwice()
        try await harness.enqueue(to: .payments)
        let gate = HandlingGate()
        let (other, suspect) = (try harness.consumer(.payments, gate: gate), try harness.consumer(gate: gate))
        let started = AsyncStream<Void>.makeStream()
        let mayEnd = AsyncStream<Void>.makeStream()
        let handled = Names()
        let others = Task {
            await other.run { batch in
                started.continuation.yield()
                for await _ in mayEnd.stream { break }
                handled.append("other")
                return batch.entries.map { _ in .done }
            }
        }
        var starts = started.stream.makeAsyncIterator()
        await starts.next()
        let run = Task {
            await suspect.run { batch in
                handled.append("suspect")
                return batch.entries.map { _ in .done }
            }
        }
        try await eventually("it waits for the other batch") { await gate.waitingAlone == 1 }
        #expect(try await notes().isEmpty)
        mayEnd.continuation.finish()
        try await eventually("it is settled") { try await harness.length(commandStream) == 0 }
        #expect(handled.all == ["other", "suspect"])
        for task in [others, run] {
            task.cancel()
            await task.value
        }
        try await harness.close()
    }

    @Test func `batches that wait are handled between two entries that are handled alone`() async throws {
        let gate = HandlingGate()
        let mayEnd = AsyncStream<Void>.makeStream()
        let order = Names()
        let first = Task { try await gate.alone { for await _ in mayEnd.stream { break } } }
        try await eventually("the first is alone") { await gate.isAlone }
        let second = Task { try await gate.alone { order.append("alone") } }
        try await eventually("the second waits") { await gate.waitingAlone == 1 }
        var batches: [Task<Void, any Error>] = []
        for _ in 0..<3 {
            batches.append(Task { try await gate.together { order.append("batch") } })
        }
        try await eventually("the batches wait") { await gate.waitingTogether == 3 }
        // A cancelled batch does not delay the others.
        let cancelled = batches.removeLast()
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        mayEnd.continuation.finish()
        for task in [first, second] + batches { try await task.value }
        #expect(order.all == ["batch", "batch", "alone"])
    }

    @Test func `a worker that stops does not count as a crash`() async throws {
        try await harness.enqueue()
        try await abandonTwice()
        for _ in 0..<3 {
            let consumer = try harness.consumer()
            let started = AsyncStream<Void>.makeStream()
            let run = Task {
                await consumer.run { batch in
                    started.continuation.yield()
                    try await Task.sleep(for: .seconds(3600))
                    return batch.entries.map { _ in .done }
                }
            }
            var starts = started.stream.makeAsyncIterator()
            await starts.next()
            #expect(try await notes() == ["1"])
            run.cancel()
            await run.value
            #expect(try await notes() == ["0"])
        }
        #expect(try await harness.length(harness.keys.deadLetters(service)) == 0)
        try await harness.close()
    }

    @Test func `an outage does not count as a crash`() async throws {
        try await harness.enqueue()
        try await abandonTwice()
        struct Unavailable: Error {}
        let tries = Mutex(0)
        let consumer = try harness.consumer()
        let run = Task {
            await consumer.run { batch in
                let count = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                if count < 4 { throw Unavailable() }
                return batch.entries.map { _ in .done }
            }
        }
        try await eventually("it is settled") { try await harness.length(commandStream) == 0 }
        run.cancel()
        await run.value
        #expect(try await notes().isEmpty)
        try await harness.close()
    }
}

/// Names in the order in which tasks have appended them.
private final class Names: Sendable {
    private let names = Mutex<[String]>([])

    var all: [String] { names.withLock(\.self) }

    func append(_ name: String) { names.withLock { $0.append(name) } }
}
