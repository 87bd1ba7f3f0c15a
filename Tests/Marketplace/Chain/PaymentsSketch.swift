@testable import Marketplace

/// As much of payments as orders leans on: attempts that are authorised, die, are charged and refunded, several at once
/// where Stripe is slow.
struct PaymentsSketch {
    enum Attempt { case authorized, charged, dead, refunded }

    private(set) var orders: [OrderID: OrderState] = [:]
    private(set) var attempts: [OrderID: [Attempt]] = [:]

    /// The buyer pays: one attempt more.
    mutating func authorize(_ order: OrderID) -> [PaymentEvent] {
        guard let known = orders[order] else { return [] }
        let isInVain = known.status != .awaitingPayment
        attempts[order, default: []].append(isInVain ? .dead : .authorized)
        return isInVain ? [] : [event(.authorized, known, attempts[order]?.count ?? 0)]
    }

    /// Stripe shows an authorised attempt dead.
    mutating func die(_ order: OrderID, _ number: Int) -> [PaymentEvent] {
        guard let known = orders[order], self[order, number] == .authorized else { return [] }
        self[order, number] = .dead
        return [event(.failed, known, number)]
    }

    mutating func refund(_ order: OrderID, _ number: Int) -> [PaymentEvent] {
        guard let known = orders[order], self[order, number] == .charged else { return [] }
        self[order, number] = .refunded
        return [event(.refunded, known, number)]
    }

    /// Captures what was claimed, and tells again of what is dead: orders may have heard that before the authorisation.
    mutating func hear(_ order: OrderState) -> [PaymentEvent] {
        guard orders[order.id]?.version ?? 0 < order.version else { return [] }
        orders[order.id] = order
        var events: [PaymentEvent] = []
        for number in (attempts[order.id] ?? []).indices.map({ $0 + 1 }) {
            let isClaimed = order.attempt == number
            switch (order.status, self[order.id, number]) {
            case (.confirmed, .authorized) where isClaimed:
                self[order.id, number] = .charged
                events.append(event(.charged, order, number))
            case (.confirmed, .dead) where isClaimed: events.append(event(.failed, order, number))
            case (.awaitingPayment, _): break
            case (_, .authorized) where !isClaimed || order.status.isDead: events += die(order.id, number)
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
