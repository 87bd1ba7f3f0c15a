import Marketplace
import Synchronization
import Testing

@testable import API

/// What a process does once, however often it is asked for.
struct OnceTests {
    @Test("a payment is asked for once in some seconds, each order's apart")
    func paymentHints() {
        let hints = PaymentHints()
        let (one, other, now) = (OrderID.new(), OrderID.new(), ContinuousClock.now)
        #expect(hints.ask(for: one, now: now))
        #expect(!hints.ask(for: one, now: now + .seconds(2)))
        #expect(hints.ask(for: other, now: now + .seconds(2)))
        #expect(hints.ask(for: one, now: now + .seconds(4)))
    }

    @Test("the parts of the sitemap are looked for once, by whoever comes first")
    func sitemapParts() async throws {
        let looks = Mutex(0)
        let (gate, opened) = AsyncStream.makeStream(of: Never.self)
        let found = [TicketID.new()]
        let parts = SitemapParts {
            looks.withLock { $0 += 1 }
            for await _ in gate {}
            return found
        }
        try await withThrowingTaskGroup(of: [TicketID].self) { group in
            for _ in 0..<10 { group.addTask { try await parts.parts() } }
            opened.finish()
            for try await answer in group { #expect(answer == found) }
        }
        #expect(try await parts.parts() == found)
        #expect(looks.withLock { $0 } == 1)
    }
}
