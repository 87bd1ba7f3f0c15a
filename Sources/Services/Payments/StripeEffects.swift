import Logging
import Marketplace
import PostgresClient
import Storage
import Stripe

/// The effects of the payments service: calls to Stripe, and polls of attempts that may have changed at Stripe although
/// this service was not told, for example because a webhook or a response was lost.
struct StripeEffects: EffectKind {
    /// The payments of the orders under lock.
    struct State {
        fileprivate var locked: [OrderID: LockedPayments]
        /// The payments that an outcome has changed.
        fileprivate var changed: [OrderPayments] = []
    }

    let service = ServiceName.payments
    let name = "Stripe call"
    let caller: StripeCaller
    private let dependencies: PaymentsDependencies

    init(_ dependencies: PaymentsDependencies, caller: StripeCaller) {
        self.dependencies = dependencies
        self.caller = caller.onRateLimit { [queue = dependencies.queue] in queue.rateLimited() }
    }

    var store: any EffectStore<StripeEffect> { dependencies.store }
    var queue: EffectQueue<StripeEffect> { dependencies.queue }
    var leaseDuration: Duration { dependencies.leaseDuration }

    func perform(_ effect: StripeEffect, at now: Timestamp) async -> StripeOutcome {
        switch effect.work {
        case .call(let call): .called(call.name, await caller.run(call, now: now))
        case .poll(let attempt, let session): await caller.poll(attempt, of: effect.order, session: session)
        }
    }

    func load(_ orders: Set<OrderID>, in transaction: PostgresTransaction) async throws -> State {
        let locked = try await dependencies.store.load(orders, leasing: queue.hasRoom, in: transaction)
        return State(locked: Dictionary(uniqueKeysWithValues: locked.map { ($0.payments.order.id, $0) }))
    }

    func decide(
        _ outcome: StripeOutcome, of effect: StripeEffect, on state: inout State, now: Timestamp
    ) -> [NewEvent] {
        guard let order = state.locked[effect.order], order.isLeased(effect) else { return [] }
        var payments = order.payments
        outcome.apply(to: &payments, now: now)
        let events = payments.takeEvents()
        state.changed.append(payments)
        return events
    }

    func changes(of state: State, now: Timestamp) -> [SQL] { dependencies.changes(of: state.changed, now: now) }

    func committed(_ state: State, now: Timestamp) async { await dependencies.afterCommit(of: state.changed, now: now) }
}
