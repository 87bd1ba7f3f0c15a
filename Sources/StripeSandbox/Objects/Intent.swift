/// A PaymentIntent. The PaymentIntent of a Checkout Session is created when the buyer first tries to pay.
///
/// ```
/// requires_confirmation (created by a call with a PaymentMethod) ──confirm──▶ as a card that the buyer enters
/// requires_payment_method ◀──declined, 3-D Secure failed── requires_action
///     │ card authorised                                          │ 3-D Secure succeeded
///     ▼                                                          ▼
/// requires_capture ──capture──▶ succeeded
///     ├────────────── capture declined ──▶ requires_payment_method (its session is complete: it can only be cancelled)
///     └────────────── cancel, 7 days ───▶ canceled
/// ```
struct Intent: Sendable {
    enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
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
    /// The Checkout Session. `nil` if a call created the PaymentIntent.
    let sessionID: String?
    let clientSecret: String

    var status: Status = .requiresPaymentMethod
    var amountCapturable: Int64 = 0
    var amountReceived: Int64 = 0
    var canceledAt: Int64?
    var cancellationReason: String?
    var latestChargeID: String?
    var paymentMethodID: String?
    var lastError: CardError?
    /// The card that a call has chosen. It awaits confirmation.
    var chosenCard: Card?
    /// The card that awaits 3-D Secure.
    var pendingCard: Card?
}
