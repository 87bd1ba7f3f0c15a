import Marketplace
import Synchronization

/// Limits how often this process asks for an order's payment, so that reloading a page does not cause more requests to
/// Stripe.
final class PaymentHints: Sendable {
    private let lastAsked = Mutex<[OrderID: ContinuousClock.Instant]>([:])

    private static let minimumInterval = Duration.seconds(3)
    private static let limit = 10_000

    /// Returns `true` if this process may ask for the payment now, and records the time.
    func shouldAsk(for order: OrderID, now: ContinuousClock.Instant = .now) -> Bool {
        lastAsked.withLock { lastAsked in
            if let last = lastAsked[order], now - last < Self.minimumInterval { return false }
            if lastAsked.count >= Self.limit {
                lastAsked = lastAsked.filter { now - $0.value < Self.minimumInterval }
            }
            lastAsked[order] = now
            return true
        }
    }
}
