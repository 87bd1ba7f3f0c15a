extension OrderPayments {
    /// Takes a step towards the state in which nothing is reserved and nothing is captured: closes the page, cancels
    /// the authorization, or refunds the captured payment. The end of the attempt is announced only after Stripe has
    /// shown it.
    mutating func undoStep(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        switch progress {
        case .payable:
            move(index, to: .closing)
            plan(.expireSession, index, now: now)
        case .unsettled:
            move(index, to: .closing)
        case .authorized, .lingering:
            move(index, to: .closing)
            plan(.cancelIntent, index, now: now)
        case .captured:
            move(index, to: .refunding)
            plan(.refund, index, now: now)
        case .refunded:
            move(index, to: .refunded)
            attempts[index].pollAt = nil
            emit(.refunded, for: attempts[index])
        case .ended(let reason):
            end(index, reason: order.status.isClosed ? "order_\(order.status.rawValue)" : reason, now: now)
        }
    }
}
