import NIOCore
import NIOEmbedded
import Testing

@testable import API

/// The turns in which an event loop handles pipelined requests.
@Suite struct PipelineTurnsTests {
    private let eventLoop = EmbeddedEventLoop()
    private let limit = PipelineTurns.limit

    private func pause() { for _ in 0..<2 { eventLoop.advanceTime(by: PipelineTurns.pause) } }

    @Test func requestsBeyondTheLimitWaitForTheNextTurn() {
        let turns = PipelineTurns(eventLoop)
        var started: [(request: Int, turn: Int)] = []
        for request in 0..<limit * 2 + 1 { turns.request { started.append((request, $0)) } }
        #expect(started.map(\.request) == Array(0..<limit))
        for (_, turn) in started { turns.end(turn) }
        #expect(started.count == limit)
        pause()
        #expect(started.map(\.request) == Array(0..<limit * 2) && started.last?.turn == 1)
        // A request that ends late does not end the next turn.
        turns.end(0)
        pause()
        #expect(started.count == limit * 2)
        for (_, turn) in started.suffix(limit) { turns.end(turn) }
        pause()
        #expect(started.count == limit * 2 + 1)
    }

    @Test func requestsThatWaitForAServiceDoNotHoldUpTheOthers() {
        let turns = PipelineTurns(eventLoop)
        var started = 0
        for _ in 0...limit { turns.request { _ in started += 1 } }
        eventLoop.advanceTime(by: PipelineTurns.maxLength - .nanoseconds(1))
        #expect(started == limit)
        eventLoop.advanceTime(by: .nanoseconds(1))
        #expect(started == limit + 1)
    }

    /// Also if each is answered before the next one comes. Otherwise one connection would keep the event loop busy.
    @Test func eachFullTurnIsFollowedByAPause() {
        let turns = PipelineTurns(eventLoop)
        var started = 0
        for _ in 0..<limit * 3 {
            turns.request { turn in
                started += 1
                turns.end(turn)
            }
            eventLoop.advanceTime(by: .microseconds(10))
        }
        #expect(started == limit)
        pause()
        #expect(started == limit * 2)
    }

    @Test func aConnectionStartsItsPipelinedRequestsInTurns() throws {
        let connection = try EmbeddedConnection()
        try connection.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: limit + 3))
        var delivered = 0
        func answer() throws {
            while try connection.delivered() == ["GET /", "end"] {
                delivered += 1
                try connection.respond()
            }
        }
        try answer()
        // The first request was not pipelined.
        #expect(delivered == limit + 1)
        for _ in 0..<2 { connection.advance(PipelineTurns.pause) }
        try answer()
        #expect(delivered == limit + 3)
        #expect(try connection.received().split(separator: "HTTP/1.1 200").count == limit + 3)
    }

    /// The connections of other clients get their turn.
    @Test func aConnectionThatEndsEndsItsPartOfTheTurn() throws {
        let connection = try EmbeddedConnection()
        try connection.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
        try connection.respond()
        #expect(try connection.delivered().count == 4)
        for _ in 0..<limit - 1 { connection.turns.request { connection.turns.end($0) } }
        var isStarted = false
        connection.turns.request { _ in isStarted = true }
        for _ in 0..<2 { connection.advance(PipelineTurns.pause) }
        #expect(!isStarted)
        connection.close()
        for _ in 0..<2 { connection.advance(PipelineTurns.pause) }
        #expect(isStarted)
    }
}
