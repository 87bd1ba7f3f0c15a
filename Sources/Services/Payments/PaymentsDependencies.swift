import Logging
import Marketplace
import PostgresClient
import Storage
import Stripe

/// Dependencies of the handler, which decides on messages, and of ``StripeEffects``, which calls Stripe.
struct PaymentsDependencies: Sendable {
    let store: PaymentsStore
    let storage = ServiceStorage(service: .payments)
    let requests: StripeRequestBuilder
    let replies: PaymentReplies
    /// The time until a lease expires. A lease is renewed each time a third of this duration has passed. If a worker is
    /// killed, another worker repeats its calls after this duration.
    var leaseDuration: Duration = .seconds(10)
    /// The leased calls and polls, for the runner.
    let queue = EffectQueue<StripeEffect>()

    /// Returns the statements that store decisions and their replies.
    func changes(of payments: [OrderPayments], now: Timestamp) -> [SQL] {
        store.changes(of: payments, now: now, leasedUntil: now + leaseDuration, writing: requests.json)
            + PaymentReplies.storeSQL(payments.flatMap(\.replies), in: storage.inbox)
    }

    /// Queues the effects that the committed decisions have leased, and sends their replies.
    func afterCommit(of payments: [OrderPayments], now: Timestamp) async {
        queue.add(payments.flatMap { $0.leased(at: now, writing: requests.json) })
        for payments in payments {
            for call in payments.newlyStuckCalls {
                replies.logger.error(
                    "Stripe call is stuck: no more tries follow until `gittix payments retry`",
                    metadata: [
                        "key": "\(call.key(of: payments.order.id))", "tries": "\(call.repeats + 1)",
                        "error": "\(call.error ?? "")",
                    ])
            }
        }
        if payments.contains(where: { $0.lease == nil && $0.isDue(at: now) }) { queue.markDue() }
        await replies.send(payments.flatMap(\.replies))
    }
}
