import FoundationEssentials
import Marketplace
import RedisClient
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct TimersTests {
    private let harness: ConsumerHarness
    private let timers: Timers
    private static let type = ExpireOrder.type

    init() throws {
        harness = try ConsumerHarness()
        timers = Timers(TimerName(.orders, .hold), redis: harness.redis, keys: harness.keys)
    }

    private func fire(limit: Int = 500, bounds: TimerBounds = TimerBounds()) async throws -> Timers.Fired {
        try await timers.fireDue(sending: Self.type, limit: limit, bounds: bounds)
    }

    /// Returns the commands that were sent, oldest first.
    private func sent() async throws -> [CommandEnvelope] {
        try await harness.entries(harness.keys.commands(.orders)).map { try CommandEnvelope($0) }
    }

    private func subjects() async throws -> [TimerSubjectID] {
        try await sent().map {
            TimerSubjectID(try JSONDecoder().decode(ExpireOrder.self, from: Data($0.body)).subject.uuid)
        }
    }

    private func timer(_ subject: TimerSubjectID = .new(), in duration: Duration) -> DueTimer {
        DueTimer(subject: subject, due: .now() + duration)
    }

    @Test func `due timers become commands, and the others wait`() async throws {
        let (late, later, future) = (timer(in: .seconds(-2)), timer(in: .seconds(-1)), timer(in: .seconds(3600)))
        try await timers.set([later, late, future])
        let result = try await fire()
        #expect(result.count == 2)
        let next = try #require(result.next)
        #expect(next > .seconds(3500) && next <= .seconds(3600))

        let commands = try await sent()
        #expect(try await subjects() == [late.subject, later.subject])
        #expect(commands.allSatisfy { $0.type == Self.type && $0.payloadVersion == 1 && $0.actor == .nobody })
        let command = try JSONDecoder().decode(ExpireOrder.self, from: Data(commands[0].body))
        #expect(command.due.milliseconds == late.due.milliseconds)
        #expect(commands[0].at - .now() < .seconds(30) && .now() - commands[0].at < .seconds(30))
        #expect(try await fire().count == 0)
        try await harness.close()
    }

    @Test func `a timer that is fired again gives the same command`() async throws {
        let subject = TimerSubjectID.new()
        let due = Timestamp(milliseconds: 1_700_000_000_000)
        let reminders = Timers(TimerName(.orders, .init("reminder")), redis: harness.redis, keys: harness.keys)
        for _ in 0..<2 {
            try await timers.set([DueTimer(subject: subject, due: due)])
            #expect(try await fire().count == 1)
        }
        try await timers.set([DueTimer(subject: subject, due: due + .milliseconds(1))])
        #expect(try await fire().count == 1)
        try await reminders.set([DueTimer(subject: subject, due: due)])
        #expect(try await reminders.fireDue(sending: Self.type).count == 1)
        let ids = try await sent().map(\.id)
        #expect(ids[0] == ids[1] && Set(ids).count == 3)
        let text = ids[0].description
        #expect(Array(text)[14] == "8" && "89ab".contains(Array(text)[19]))
        try await harness.close()
    }

    @Test(arguments: [
        "1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "2000-02-29T12:00:00.001Z", "2024-02-29T23:59:59.500Z",
        "2025-03-01T00:00:00.000Z", "2026-11-22T14:05:09.070Z",
    ])
    func `the script computes dates as the calendar does`(text: String) async throws {
        let subject = TimerSubjectID.new()
        try await timers.set([DueTimer(subject: subject, due: try #require(Timestamp(text)))])
        _ = try await fire()
        let body = try #require(try await sent().first?.body)
        #expect(String(decoding: body, as: UTF8.self) == #"{"subject":"\#(subject)","due":"\#(text)"}"#)
        try await harness.close()
    }

    @Test func `cleared and moved timers do not fire`() async throws {
        let (cleared, moved) = (timer(in: .seconds(-5)), timer(in: .seconds(-5)))
        try await timers.set([cleared, moved])
        try await timers.clear([cleared.subject])
        try await timers.set([timer(moved.subject, in: .seconds(3600))])
        #expect(try await fire().count == 0)
        try await timers.clear([moved.subject])
        #expect(try await timers.next() == nil)
        try await timers.set([])
        try await timers.clear([])
        try await timers.set([cleared])
        #expect(try await fire().count == 1)
        try await harness.close()
    }

    @Test func `timers of two kinds do not touch each other`() async throws {
        let reminders = Timers(TimerName(.orders, .init("reminder")), redis: harness.redis, keys: harness.keys)
        let subject = TimerSubjectID.new()
        try await timers.set([timer(subject, in: .seconds(-1))])
        try await reminders.set([timer(subject, in: .seconds(-1))])
        try await timers.clear([subject])
        // Firing one kind of timer leaves the other kind unchanged, as in a build that does not know the other kind.
        #expect(try await fire() == Timers.Fired(count: 0, next: nil))
        #expect(try await reminders.fireDue(sending: "RemindBuyer").count == 1)
        #expect(try await sent().map(\.type) == ["RemindBuyer"])
        try await harness.close()
    }

    @Test func `the sweep sets only missing timers`() async throws {
        let (set, missing) = (timer(in: .seconds(60)), timer(in: .seconds(60)))
        try await timers.set([set])
        try await timers.set([timer(set.subject, in: .seconds(9)), missing], onlyMissing: true)
        #expect(
            try await timers.due(of: [set.subject, missing.subject, .new()])
                == [set.subject: set.due.milliseconds, missing.subject: missing.due.milliseconds])
        try await harness.close()
    }

    @Test func `beyond the capacity, the timers that are due last are dropped`() async throws {
        let all = (1...5).map { timer(in: .seconds(60 * $0)) }
        try await timers.set(Array(all[3...]), capacity: 3)
        try await timers.set(Array(all[..<3]), capacity: 3)
        #expect(Set(try await timers.due(of: all.map(\.subject)).keys) == Set(all[..<3].map(\.subject)))
        #expect(try await timers.report() == TimerReport(kind: "hold", waiting: 3, overdueMilliseconds: nil))
        try await harness.close()
    }

    @Test func `many due timers are fired in portions, and few while the stream is busy`() async throws {
        let bounds = TimerBounds(busy: 4, full: 9, whileBusy: 2)
        try await timers.set((0..<12).map { _ in timer(in: .seconds(-5)) })
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(try await fire(limit: 3, bounds: bounds).count) }
        // The first call fires 3, the limit. The stream is busy from 4 entries on, so the next calls fire 2. From 9
        // entries on, none is fired.
        #expect(counts == [3, 2, 2, 2, 0, 0])
        #expect(try await fire(bounds: bounds) == Timers.Fired(count: 0, next: .zero))
        let late = try #require(try await timers.report().overdueMilliseconds)
        #expect(late >= 5000 && late < 60_000)
        _ = try await harness.redis.send(RedisCommand("DEL", harness.keys.commands(.orders)))
        #expect(try await fire() == Timers.Fired(count: 3, next: nil))
        try await harness.close()
    }

    @Test func `concurrent calls fire each timer once`() async throws {
        try await timers.set((0..<100).map { _ in timer(in: .seconds(-5)) })
        let counts = try await withThrowingTaskGroup(of: Int.self) { [timers] group in
            for _ in 0..<8 {
                group.addTask { try await timers.fireDue(sending: Self.type, limit: 20).count }
            }
            return try await group.reduce(0, +)
        }
        #expect(counts == 100)
        #expect(Set(try await subjects()).count == 100)
        try await harness.close()
    }

    @Test func `a member that is not an id is dropped`() async throws {
        let key = harness.keys.timers(timers.name)
        _ = try await harness.redis.send(RedisCommand("ZADD", key, 1, #"","x":""#))
        #expect(try await fire() == Timers.Fired(count: 0, next: nil))
        #expect(try await sent().isEmpty)
        try await harness.close()
    }

    @Test func `the incarnation changes when Redis loses its data`() async throws {
        let first = try await timers.incarnation()
        #expect(try await timers.incarnation() == first)
        _ = try await harness.redis.send(RedisCommand("DEL", harness.keys.incarnation(ofTimers: timers.name)))
        #expect(try await timers.incarnation() != first)
        try await harness.close()
    }
}
