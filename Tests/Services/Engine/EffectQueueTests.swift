import Foundation
import Testing

@testable import Services

@Suite struct EffectQueueTests {
    private struct TestEffect: LeasedEffect {
        var subject: Int
        var token = UUID()
    }

    private func queue(_ count: Int, window: ConcurrencyWindow) -> EffectQueue<TestEffect> {
        let queue = EffectQueue<TestEffect>(window: window)
        queue.open()
        queue.add((0..<count).map { TestEffect(subject: $0) })
        return queue
    }

    @Test func atMostAWindowOfEffectsIsStartedAndItGrowsWithAnswers() {
        let queue = queue(6, window: ConcurrencyWindow(minimum: 1, start: 2, maximum: 3))
        #expect(queue.startNext().map(\.subject) == [0, 1])
        #expect(queue.startNext().isEmpty)
        // The window was full, so it grows to three requests.
        queue.requestEnded()
        #expect(queue.startNext().map(\.subject) == [2, 3])
        for _ in 0..<3 { queue.requestEnded() }
        #expect(queue.startNext().map(\.subject) == [4, 5])
    }

    @Test func aRateLimitHalvesTheWindow() {
        let queue = queue(9, window: ConcurrencyWindow(minimum: 2, start: 8, maximum: 8))
        queue.rateLimited()
        // Several rate limits within a second count as one.
        queue.rateLimited()
        #expect(queue.startNext().count == 4)
    }

    @Test func nothingIsLeasedWhileEnoughEffectsWait() {
        let queue = queue(3, window: ConcurrencyWindow(minimum: 1, start: 4, maximum: 4))
        #expect(queue.hasRoom)
        #expect(queue.leaseLimit == nil)
        // The queue remembers that effects must be leased later.
        #expect(queue.takeDue())
        #expect(!queue.takeDue())
        _ = queue.startNext()
        #expect(queue.leaseLimit == 5)
        queue.close()
        #expect(!queue.hasRoom)
    }

    @Test func leasesAreRenewedUntilTheirOutcomeIsStored() {
        let queue = queue(2, window: ConcurrencyWindow())
        let effects = queue.startNext()
        #expect(Set(queue.tokens) == Set(effects.map(\.token)))
        queue.requestEnded()
        #expect(queue.tokens.count == 2)
        queue.release([effects[0].token])
        #expect(queue.tokens == [effects[1].token])
    }
}
