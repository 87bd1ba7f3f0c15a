@testable import Marketplace

/// A simplified payments service. Each attempt is authorized, and then either ends or is charged and perhaps refunded.
/// An order may have several attempts at the same time.
struct SimplifiedPayments {
    enum Attempt { case authorized, charged, ended, refunded }

    private(set) var orders: [OrderID: OrderState] = [:]
    private(set) var attempts: [OrderID: [Attempt]] = [:]

    /// The buyer authorizes the payment in a new attempt.
    mutating func authorize(_ order: OrderID) -> [PaymentEvent] {
        guard let known = orders[order] else { return [] }
        let isTooLate = known.status != .awaitingPayment
        attempts[order, default: []].append(isTooLate ? .ended : .authorized)
        return isTooLate ? [] : [event(.authorized, known, attempts[order]?.count ?? 0)]
    }

    /// Ends an authorized attempt, as if Stripe had reported its end.
    mutating func end(_ order: OrderID, _ number: Int) -> [PaymentEvent] {
        guard let known = orders[order], self[order, number] == .authorized else { return [] }
        self[order, number] = .ended
        return [event(.failed, known, number)]
    }

    mutating func refund(_ order: OrderID, _ number: Int) -> [PaymentEvent] {
        guard let known = orders[order], self[order, number] == .charged else { return [] }
        self[order, number] = .refunded
        return [event(.refunded, known, number)]
    }

    /// Applies a new state of an order: captures the claiming attempt. If that attempt has ended, publishes its end
    /// again, because the orders service may have received the end before the authorization.
    mutating func apply(_ order: OrderState) -> [PaymentEvent] {
        guard orders[order.id]?.version ?? 0 < order.version else { return [] }
        orders[order.id] = order
        var events: [PaymentEvent] = []
        for number in (attempts[order.id] ?? []).indices.map({ $0 + 1 }) {
            let isClaimed = order.attempt == number
            switch (order.status, self[order.id, number]) {
            case (.confirmed, .authorized) where isClaimed:
                self[order.id, number] = .charged
                events.append(event(.charged, order, number))
            case (.confirmed, .ended) where isClaimed: events.append(event(.failed, order, number))
            case (.awaitingPayment, _): break
            case (_, .authorized) where !isClaimed || order.status.isClosed: events += end(order.id, number)
            case (.cancelled, .charged): events += refund(order.id, number)
            default: break
            }
        }
        return events
    }

    private subscript(order: OrderID, number: Int) -> Attempt? {
        get { attempts[order].flatMap { $0.indices.contains(number - 1) ? $0[number - 1] : nil } }
        set { if let newValue { attempts[order]?[number - 1] = newValue } }
    }

    private func event(_ kind: PaymentEvent.Kind, _ order: OrderState, _ number: Int) -> PaymentEvent {
        PaymentEvent(
            kind: kind, orderId: order.id, attempt: number, amount: order.total, currency: order.currency,
            paymentIntentId: "pi_\(number)", reason: nil)
    }
}
