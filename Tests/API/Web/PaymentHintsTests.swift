import Marketplace
import Testing

@testable import API

struct PaymentHintsTests {
    @Test("Each order's payment is checked at most once in three seconds")
    func limitsRequestsPerOrder() {
        let hints = PaymentHints()
        let (one, other, now) = (OrderID.new(), OrderID.new(), ContinuousClock.now)
        #expect(hints.shouldAsk(for: one, now: now))
        #expect(!hints.shouldAsk(for: one, now: now + .seconds(2)))
        #expect(hints.shouldAsk(for: other, now: now + .seconds(2)))
        #expect(hints.shouldAsk(for: one, now: now + .seconds(4)))
    }
}
