extension OrderPayments {
    /// Takes the next step of an attempt that the buyer may pay. Paying only reserves the money, which is captured
    /// after the order has claimed the attempt.
    mutating func authorizeStep(_ index: Int, from progress: PaymentProgress, now: Timestamp) {
        switch progress {
        case .payable:
            if attempts[index].state == .opening { move(index, to: .open) }
        case .unsettled:
            break
        case .authorized(asRequested: true), .captured(asRequested: true):
            // A manually captured payment counts as authorized until the order is confirmed or closed.
            guard attempts[index].state != .authorized else { return }
            move(index, to: .authorized)
            emit(.authorized, for: attempts[index])
        case .authorized(asRequested: false), .captured(asRequested: false):
            attempts[index].failure = "not_as_asked"
            undoStep(index, from: progress, now: now)
        case .refunded, .lingering, .ended:
            undoStep(index, from: progress, now: now)
        }
    }
}
