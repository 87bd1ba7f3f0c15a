import NIOCore
import NIOPosix
import Testing

@testable import API

@Suite struct PerEventLoopTests {
    @Test func eachEventLoopHasItsOwnValueUpToTheLimit() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        let loops = Array(group.makeIterator())
        let names = PerEventLoop(of: group, atMost: 2) { loop in loops.firstIndex { $0 === loop } ?? -1 }
        #expect(names.all == [0, 1])
        var seen: [Int] = []
        for loop in loops { seen.append(try await loop.submit { names.current }.get()) }
        #expect(seen == [0, 1, 0])
        #expect(names.current == 0)
        try await group.shutdownGracefully()
    }
}
