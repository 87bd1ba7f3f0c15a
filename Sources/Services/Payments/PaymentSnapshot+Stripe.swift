import Marketplace
import Stripe

// Converts Stripe's objects to the snapshots that decisions use.

extension PaymentSnapshot {
    /// A snapshot of a session that no longer exists.
    static func missing(_ session: String) -> PaymentSnapshot {
        PaymentSnapshot(
            session: SessionSnapshot(
                id: session, status: .expired, url: nil, expiresAt: nil, intentId: nil, amount: nil, currency: nil,
                orderId: nil, attempt: nil),
            intent: nil)
    }

    init(_ session: CheckoutSession) {
        self.init(session: SessionSnapshot(session), intent: session.paymentIntent.map(IntentSnapshot.init))
    }
}

extension SessionSnapshot {
    init(_ session: CheckoutSession) {
        let status: Status =
            switch session.status {
            // A session with a status that this build does not know is polled again.
            case .open, .other: .open
            case .complete: .complete
            case .expired: .expired
            }
        self.init(
            id: session.id, status: status, url: session.url, expiresAt: session.expiresAt,
            intentId: session.paymentIntentID, amount: session.amountTotal, currency: session.currency?.rawValue,
            orderId: session.metadata.orderID, attempt: session.metadata.attempt)
    }
}

extension IntentSnapshot {
    init(_ intent: PaymentIntent) {
        let status: Status =
            switch intent.status {
            case .requiresPaymentMethod, .requiresConfirmation, .requiresAction: .unpaid
            case .processing: .processing
            case .requiresCapture: .requiresCapture
            case .canceled: .canceled
            case .succeeded: .succeeded
            case .other(let text): .unknown(text)
            }
        self.init(
            id: intent.id, status: status, amount: intent.amount, amountCapturable: intent.amountCapturable,
            amountReceived: intent.amountReceived, amountRefunded: intent.latestCharge?.amountRefunded ?? 0,
            currency: intent.currency?.rawValue ?? "", orderId: intent.metadata.orderID,
            attempt: intent.metadata.attempt,
            reason: intent.lastError?.declineCode ?? intent.lastError?.code ?? intent.cancellationReason)
    }
}
