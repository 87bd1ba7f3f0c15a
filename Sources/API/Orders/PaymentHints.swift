import Marketplace
import Synchronization

/// Which orders' payments this process asked to be looked at a moment ago: a page that is loaded again and again asks
/// Stripe no more often for it.
final class PaymentHints: Sendable {
    private let asked = Mutex<[OrderID: ContinuousClock.Instant]>([:])

    private static let pause = Duration.seconds(3)
    private static let limit = 10_000

    /// Whether it was not asked for a moment ago. It is from now on.
    func ask(for order: OrderID, now: ContinuousClock.Instant = .now) -> Bool {
        asked.withLock { asked in
            if let last = asked[order], now - last < Self.pause { return false }
            if asked.count >= Self.limit { asked = asked.filter { now - $0.value < Self.pause } }
            asked[order] = now
            return true
        }
    }
}
