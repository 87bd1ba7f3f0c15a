import NIOCore
import Testing

@testable import RedisClient

struct RequestLedgerTests {
    private typealias Ledger = RequestLedger<String>
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func request(_ id: UInt64, commands: Int = 1, seconds: Int64 = 5) -> Ledger.Request {
        Ledger.Request(
            id: id, commandCount: commands, bytes: ByteBuffer(string: "<\(id)>"), work: "W\(id)",
            deadline: start + .seconds(seconds), completion: "c\(id)")
    }

    private func ledger(_ requests: Ledger.Request..., sent: Bool = true) -> Ledger {
        var ledger = Ledger()
        for request in requests { ledger.add(request) }
        if sent { _ = ledger.send(now: start, patience: .seconds(5)) }
        return ledger
    }

    @Test func `all that is queued leaves in one write, in order`() {
        var ledger = ledger(request(1), request(2), request(3), sent: false)
        #expect(ledger.send(now: start, patience: .seconds(5)).map { String(buffer: $0) } == "<1><2><3>")
        #expect(ledger.send(now: start, patience: .seconds(5)) == nil)
    }

    @Test func `answers go to the requests in order, a pipeline's together`() throws {
        var ledger = ledger(request(1), request(2, commands: 2))
        var finished: [Ledger.Finished] = []
        #expect(ledger.receive(.integer(1), finished: &finished))
        #expect(finished.map(\.completion) == ["c1"])
        #expect(ledger.receive(.integer(2), finished: &finished))
        #expect(finished.count == 1)
        #expect(ledger.receive(.integer(3), finished: &finished))
        #expect(try finished.last?.outcome.get() == [.integer(2), .integer(3)])
        #expect(!ledger.receive(.integer(4), finished: &finished))
    }

    @Test func `a request that ran out of time keeps its place in the order of answers`() throws {
        var ledger = ledger(request(1, seconds: 1), request(2))
        let (expired, gaveUp, isDead) = ledger.expire(now: start + .seconds(2), cause: nil)
        #expect(expired.map(\.completion) == ["c1"])
        #expect(throws: RedisError.timeout(.maybeSent, during: "W1")) { try expired[0].outcome.get() }
        #expect(gaveUp && !isDead)
        var finished: [Ledger.Finished] = []
        _ = ledger.receive(.integer(1), finished: &finished)
        #expect(finished.isEmpty)
        _ = ledger.receive(.integer(2), finished: &finished)
        #expect(finished.map(\.completion) == ["c2"])
    }

    @Test func `a connection that leaves its oldest request unanswered is dead`() {
        var ledger = ledger(request(1, seconds: 1))
        #expect(!ledger.expire(now: start + .seconds(4), cause: nil).isDead)
        #expect(ledger.nextExpiry == start + .seconds(5))
        #expect(ledger.expire(now: start + .seconds(5), cause: nil).isDead)
    }

    @Test func `a blocking request has its own, longer patience`() {
        var ledger = ledger(request(1, seconds: 60))
        #expect(!ledger.expire(now: start + .seconds(59), cause: nil).isDead)
    }

    @Test func `what waits for a connection was not sent, and hears why there is none`() throws {
        var ledger = ledger(request(1), sent: false)
        let (expired, gaveUp, isDead) = ledger.expire(now: start + .seconds(5), cause: "refused")
        #expect(throws: RedisError.disconnected(.notSent, during: "W1", cause: "refused")) {
            try expired[0].outcome.get()
        }
        #expect(!gaveUp && !isDead && ledger.isEmpty)
    }

    @Test func `a lost connection fails what was in flight, and keeps what is queued`() throws {
        var ledger = ledger(request(1))
        ledger.add(request(2))
        let lost = ledger.disconnect { .disconnected($0, during: $1, cause: "gone") }
        #expect(lost.map(\.completion) == ["c1"])
        #expect(throws: RedisError.disconnected(.maybeSent, during: "W1", cause: "gone")) { try lost[0].outcome.get() }
        #expect(ledger.hasQueued)
        #expect(ledger.failQueued { .closed($0, during: $1) }.map(\.completion) == ["c2"])
    }

    @Test func `cancelling tells whether it was sent, and happens once`() throws {
        var ledger = ledger(request(1))
        ledger.add(request(2))
        let second = ledger.cancel(2)
        let queued = try #require(second)
        #expect(!queued.wasInFlight)
        #expect(throws: RedisError.cancelled(.notSent, during: "W2")) { try queued.finished.outcome.get() }
        let first = ledger.cancel(1)
        let inFlight = try #require(first)
        #expect(inFlight.wasInFlight)
        #expect(throws: RedisError.cancelled(.maybeSent, during: "W1")) { try inFlight.finished.outcome.get() }
        let again = ledger.cancel(1)
        #expect(again == nil)
        #expect(ledger.expire(now: start + .seconds(1), cause: nil).finished.isEmpty)
    }
}
