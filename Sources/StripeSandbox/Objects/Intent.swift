/// A PaymentIntent, made when the buyer first tries to pay.
///
/// ```
/// requires_payment_method ◀──declined, 3-D Secure failed── requires_action
///     │ a card authorises                                        │ 3-D Secure done
///     ▼                                                          ▼
/// requires_capture ──capture──▶ succeeded
///     ├────────────── capture refused ──▶ requires_payment_method (its session is complete: only cancel is left)
///     └────────────── cancel, 7 days ───▶ canceled
/// ```
struct Intent: Sendable {
    enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresAction = "requires_action"
        case requiresCapture = "requires_capture"
        case canceled, succeeded
    }

    let id: String
    let created: Int64
    let amount: Int64
    let currency: String
    let isManualCapture: Bool
    let metadata: [String: String]
    let description: String?
    let sessionID: String
    let clientSecret: String

    var status: Status = .requiresPaymentMethod
    var amountCapturable: Int64 = 0
    var amountReceived: Int64 = 0
    var canceledAt: Int64?
    var cancellationReason: String?
    var latestChargeID: String?
    var paymentMethodID: String?
    var lastError: CardError?
    /// The card that waits for 3-D Secure.
    var pendingCard: Card?
    /// What the card will do when the money is taken.
    var failsAtCapture = false
}
