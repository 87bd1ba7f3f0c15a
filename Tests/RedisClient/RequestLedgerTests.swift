import NIOCore
import Testing

@testable import RedisClient

struct RequestLedgerTests {
    private typealias Ledger = RequestLedger<String>
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func request(_ id: UInt64, commands: Int = 1, seconds: Int64 = 5) -> Ledger.Request {
        Ledger.Request(
            id: id, commandCount: commands, bytes: ByteBuffer(string: "<\(id)>"), operation: "W\(id)",
            deadline: start + .seconds(seconds), completion: "c\(id)")
    }

    private func ledger(_ requests: Ledger.Request..., sent: Bool = true) -> Ledger {
        var ledger = Ledger()
        for request in requests { ledger.add(request) }
        if sent { _ = ledger.send(now: start, responseTimeout: .seconds(5)) }
        return ledger
    }

    @Test func `queued requests are sent in one write, in order`() {
        var ledger = ledger(request(1), request(2), request(3), sent: false)
        #expect(ledger.send(now: start, responseTimeout: .seconds(5)).map { String(buffer: $0) } == "<1><2><3>")
        #expect(ledger.send(now: start, responseTimeout: .seconds(5)) == nil)
    }

    @Test func `replies finish the requests in order, and a pipeline as a whole`() throws {
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

    @Test func `a timed out request keeps its place in the order of replies`() throws {
        var ledger = ledger(request(1, seconds: 1), request(2))
        let (expired, timedOut, isUnresponsive) = ledger.expire(now: start + .seconds(2), cause: nil)
        #expect(expired.map(\.completion) == ["c1"])
        #expect(throws: RedisError.timeout(.maybeSent, during: "W1")) { try expired[0].outcome.get() }
        #expect(timedOut && !isUnresponsive)
        var finished: [Ledger.Finished] = []
        _ = ledger.receive(.integer(1), finished: &finished)
        #expect(finished.isEmpty)
        _ = ledger.receive(.integer(2), finished: &finished)
        #expect(finished.map(\.completion) == ["c2"])
    }

    @Test func `a connection is unresponsive if its oldest request has no reply in time`() {
        var ledger = ledger(request(1, seconds: 1))
        #expect(!ledger.expire(now: start + .seconds(4), cause: nil).isUnresponsive)
        #expect(ledger.nextExpiry == start + .seconds(5))
        #expect(ledger.expire(now: start + .seconds(5), cause: nil).isUnresponsive)
    }

    @Test func `a blocking request extends the response deadline to its own`() {
        var ledger = ledger(request(1, seconds: 60))
        #expect(!ledger.expire(now: start + .seconds(59), cause: nil).isUnresponsive)
    }

    @Test func `a request that waits for a connection is not sent, and its error has the cause`() throws {
        var ledger = ledger(request(1), sent: false)
        let (expired, timedOut, isUnresponsive) = ledger.expire(now: start + .seconds(5), cause: "refused")
        #expect(throws: RedisError.disconnected(.notSent, during: "W1", cause: "refused")) {
            try expired[0].outcome.get()
        }
        #expect(!timedOut && !isUnresponsive && ledger.isEmpty)
    }

    @Test func `a lost connection fails the requests in flight and keeps the queued ones`() throws {
        var ledger = ledger(request(1))
        ledger.add(request(2))
        let lost = ledger.disconnect { .disconnected($0, during: $1, cause: "gone") }
        #expect(lost.map(\.completion) == ["c1"])
        #expect(throws: RedisError.disconnected(.maybeSent, during: "W1", cause: "gone")) { try lost[0].outcome.get() }
        #expect(ledger.hasQueued)
        #expect(ledger.failQueued { .closed($0, during: $1) }.map(\.completion) == ["c2"])
    }

    @Test func `cancelling reports if the request was sent, and succeeds only once`() throws {
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
