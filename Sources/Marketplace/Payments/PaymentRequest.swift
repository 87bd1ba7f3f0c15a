/// The content of a new call to Stripe. It is encoded once, when the call is stored.
public enum PaymentRequest: Hashable, Sendable {
    /// Opens a checkout page for the order.
    case openPage(PayableOrder, PaymentAttempt)
    case closePage(session: String)
    case capture(intent: String)
    case cancel(intent: String)
    case refund(intent: String)

    /// Returns nil if the id of Stripe's object is not known yet.
    init?(_ operation: PaymentCall.Operation, of attempt: PaymentAttempt, order: PayableOrder) {
        switch operation {
        case .createSession:
            self = .openPage(order, attempt)
        case .expireSession:
            guard let session = attempt.sessionId else { return nil }
            self = .closePage(session: session)
        case .capture, .cancelIntent, .refund:
            guard let intent = attempt.intentId else { return nil }
            self =
                operation == .capture
                ? .capture(intent: intent) : operation == .refund ? .refund(intent: intent) : .cancel(intent: intent)
        }
    }
}
