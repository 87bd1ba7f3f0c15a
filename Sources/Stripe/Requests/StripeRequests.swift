import FoundationEssentials
public import Marketplace

/// Writes out what a call asks of Stripe.
public struct StripeRequests: Sendable {
    /// Where buyers find GitTix; no slash at its end.
    let publicURL: String

    public init(publicURL: String) { self.publicURL = publicURL }

    public func request(_ request: PaymentRequest, key: String) -> StripeRequest {
        switch request {
        case .openPage(let order, let attempt):
            .createCheckoutSession(
                CheckoutSessionParameters(
                    orderID: order.id, attempt: attempt.number, title: order.title, unitAmount: order.price,
                    currency: order.currency, quantity: order.quantity,
                    successURL: "\(publicURL)/orders/\(order.id)?paid=1", cancelURL: "\(publicURL)/orders/\(order.id)",
                    expiresAt: attempt.sessionExpiresAt),
                key: key)
        case .closePage(let session): .expireCheckoutSession(session, key: key)
        case .capture(let intent): .capturePaymentIntent(intent, key: key)
        case .cancel(let intent): .cancelPaymentIntent(intent, key: key)
        case .refund(let intent): .createRefund(paymentIntent: intent, key: key)
        }
    }

    /// As it is kept until it has its outcome.
    public func json(_ request: PaymentRequest, key: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        // Four strings, which JSON can always hold.
        return (try? encoder.encode(self.request(request, key: key))).map { String(decoding: $0, as: UTF8.self) }
            ?? "{}"
    }

    public static func read(_ json: String) throws -> StripeRequest {
        try JSONDecoder().decode(StripeRequest.self, from: Data(json.utf8))
    }
}
