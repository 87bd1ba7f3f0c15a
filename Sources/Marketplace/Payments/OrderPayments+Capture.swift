extension OrderPayments {
    /// Takes the next step of an attempt that a confirmed order has claimed: a call to Stripe captures its authorized
    /// payment. The charge is announced only after Stripe has shown the capture.
    mutating func captureStep(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        switch progress {
        case .payable, .unsettled:
            break
        case .authorized(asRequested: true):
            move(index, to: .capturing)
            plan(.capture, index, now: now)
        case .captured(asRequested: true):
            guard attempts[index].state != .captured else { return }
            move(index, to: .captured)
            emit(.charged, for: attempts[index])
        case .authorized(asRequested: false), .captured(asRequested: false):
            attempts[index].failure = "not_as_asked"
            undoStep(index, from: progress, now: now)
        case .refunded, .lingering, .ended:
            undoStep(index, from: progress, now: now)
        }
    }
}
