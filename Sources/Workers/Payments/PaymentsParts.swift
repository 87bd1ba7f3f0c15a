import Marketplace
import Storage
import Stripe

/// What the two halves of the payments pool share: the one that decides, and the one that asks Stripe.
struct PaymentsParts: Sendable {
    let store: PaymentsStore
    let storage = ServiceStorage(service: .payments)
    let requests: StripeRequests
    let replies: PaymentReplies
    /// Tells the runner that something is due.
    let runner = Signal()
}
