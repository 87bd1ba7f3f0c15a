/// A Checkout Session.
///
/// ```
/// open ──buyer pays──▶ complete
///   └────expire call or expiry time──▶ expired
/// ```
struct Session: Sendable {
    enum Status: String, Sendable { case open, complete, expired }
    enum PaymentStatus: String, Sendable { case unpaid, paid }

    struct LineItem: Sendable {
        var name: String
        var unitAmount: Int64
        var quantity: Int64
    }

    let id: String
    let created: Int64
    let expiresAt: Int64
    let url: String
    let successURL: String
    let cancelURL: String?
    let clientReferenceID: String?
    let customerEmail: String?
    let currency: String
    let items: [LineItem]
    let amountTotal: Int64
    let metadata: [String: String]
    let isManualCapture: Bool
    let intentMetadata: [String: String]
    let intentDescription: String?

    var status: Status = .open
    var paymentStatus: PaymentStatus = .unpaid
    var intentID: String?
    var customerName: String?

    /// The page to which the buyer is redirected after paying.
    var redirectURL: String { successURL.replacing("{CHECKOUT_SESSION_ID}", with: id) }
}
