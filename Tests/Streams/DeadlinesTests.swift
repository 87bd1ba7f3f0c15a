import FoundationEssentials
import Marketplace
import RedisClient
import Testing

@testable import Streams

@Suite(.timeLimit(.minutes(1)))
struct DeadlinesTests {
    private let harness: ConsumerHarness
    private let deadlines: Deadlines
    private let events: String

    init() throws {
        harness = try ConsumerHarness()
        deadlines = Deadlines(redis: harness.redis, keys: harness.keys)
        events = harness.keys.events(.expiration)
    }

    private func fired() async throws -> [EventEnvelope] {
        try await harness.entries(events).map { try EventEnvelope($0) }
    }

    @Test func `due orders become events, and the others wait`() async throws {
        let (late, later, future) = (OrderID.new(), OrderID.new(), OrderID.new())
        let now = Timestamp.now()
        try await deadlines.arm([
            (later, now - .seconds(1)), (late, now - .seconds(2)), (future, now + .seconds(3600)),
        ])
        let result = try await deadlines.fire()
        #expect(result.count == 2)
        let next = try #require(result.next)
        #expect(next > .seconds(3500) && next <= .seconds(3600))

        let events = try await fired()
        #expect(events.map(\.subject) == [late.description, later.description])
        #expect(events.allSatisfy { $0.type == EventType.orderExpired.rawValue && $0.payloadVersion == 1 })
        let expiry = try JSONDecoder().decode(OrderExpiry.self, from: Data(events[0].body))
        #expect(expiry.orderId == late)
        #expect(expiry.expiresAt.milliseconds == (now - .seconds(2)).milliseconds)
        #expect((events[0].at - now) < .seconds(30) && (now - events[0].at) < .seconds(30))
        #expect(try await deadlines.fire().count == 0)
        try await harness.close()
    }

    @Test func `an expiry that is published again is the same event`() async throws {
        let order = OrderID.new()
        let due = Timestamp(milliseconds: 1_700_000_000_000)
        for _ in 0..<2 {
            try await deadlines.arm([(order, due)])
            #expect(try await deadlines.fire().count == 1)
        }
        try await deadlines.arm([(order, due + .milliseconds(1))])
        #expect(try await deadlines.fire().count == 1)
        let ids = try await fired().map(\.id)
        #expect(ids[0] == ids[1] && ids[1] != ids[2])
        let text = ids[0].description
        #expect(Array(text)[14] == "8" && "89ab".contains(Array(text)[19]))
        try await harness.close()
    }

    @Test(arguments: [
        "1970-01-01T00:00:00.000Z", "1999-12-31T23:59:59.999Z", "2000-02-29T12:00:00.001Z", "2024-02-29T23:59:59.500Z",
        "2025-03-01T00:00:00.000Z", "2026-11-22T14:05:09.070Z",
    ])
    func `the script computes dates as the calendar does`(text: String) async throws {
        let order = OrderID.new()
        try await deadlines.arm([(order, try #require(Timestamp(text)))])
        _ = try await deadlines.fire()
        let body = try #require(try await fired().first?.body)
        #expect(String(decoding: body, as: UTF8.self) == #"{"orderId":"\#(order)","expiresAt":"\#(text)"}"#)
        try await harness.close()
    }

    @Test func `disarmed and moved deadlines do not fire`() async throws {
        let (disarmed, moved) = (OrderID.new(), OrderID.new())
        let past = Timestamp.now() - .seconds(5)
        try await deadlines.arm([(disarmed, past), (moved, past)])
        try await deadlines.disarm([disarmed])
        try await deadlines.arm([(moved, .now() + .seconds(3600))])
        #expect(try await deadlines.fire().count == 0)
        try await deadlines.disarm([moved])
        #expect(try await deadlines.next() == nil)
        try await deadlines.arm([])
        try await deadlines.disarm([])
        try await harness.close()
    }

    @Test func `many due orders are fired in portions, up to the bound`() async throws {
        let past = Timestamp.now() - .seconds(5)
        try await deadlines.arm((0..<7).map { _ in (OrderID.new(), past) })
        #expect(try await deadlines.fire(limit: 3) == Deadlines.Fired(count: 3, next: .zero))
        #expect(try await deadlines.fire(limit: 3, bound: 5) == Deadlines.Fired(count: 2, next: .zero))
        #expect(try await deadlines.fire(limit: 3, bound: 5) == Deadlines.Fired(count: 0, next: .zero))
        #expect(try await deadlines.fire() == Deadlines.Fired(count: 2, next: nil))
        try await harness.close()
    }

    @Test func `concurrent calls fire each order once`() async throws {
        let past = Timestamp.now() - .seconds(5)
        try await deadlines.arm((0..<100).map { _ in (OrderID.new(), past) })
        let counts = try await withThrowingTaskGroup(of: Int.self) { [deadlines] group in
            for _ in 0..<8 { group.addTask { try await deadlines.fire(limit: 20).count } }
            return try await group.reduce(0, +)
        }
        #expect(counts == 100)
        #expect(Set(try await fired().map(\.subject)).count == 100)
        try await harness.close()
    }

    @Test func `a member that is not an order id is dropped`() async throws {
        _ = try await harness.redis.send(RedisCommand("ZADD", harness.keys.deadlines, 1, #"","x":""#))
        #expect(try await deadlines.fire() == Deadlines.Fired(count: 0, next: nil))
        #expect(try await fired().isEmpty)
        try await harness.close()
    }
}
