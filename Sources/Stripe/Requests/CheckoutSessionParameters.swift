public import Marketplace

/// The Checkout Session for one payment attempt of an order. The buyer authorises the money there; it is captured
/// later.
public struct CheckoutSessionParameters: Sendable, Equatable {
    public var orderID: OrderID
    /// The attempt's number, from 1.
    public var attempt: Int
    /// The listing's title, shown to the buyer.
    public var title: String
    /// Price of one unit, in minor units.
    public var unitAmount: Int64
    public var currency: Currency
    public var quantity: Int
    /// The page after payment. Stripe replaces `{CHECKOUT_SESSION_ID}` in it.
    public var successURL: String
    /// The target of the payment page's back link.
    public var cancelURL: String
    /// 30 minutes to 24 hours from now; see ``minimumLifetime``.
    public var expiresAt: Timestamp

    /// Stripe rejects a shorter lifetime. Add a minute, because Stripe's clock may differ.
    public static let minimumLifetime: Duration = .seconds(30 * 60)

    public init(
        orderID: OrderID, attempt: Int, title: String, unitAmount: Int64, currency: Currency, quantity: Int,
        successURL: String, cancelURL: String, expiresAt: Timestamp
    ) {
        self.orderID = orderID
        self.attempt = attempt
        self.title = title
        self.unitAmount = unitAmount
        self.currency = currency
        self.quantity = quantity
        self.successURL = successURL
        self.cancelURL = cancelURL
        self.expiresAt = expiresAt
    }

    public var form: FormBody {
        var form = FormBody()
        form.add("mode", "payment")
        // Cards support separate authorisation and capture. Some other payment methods do not.
        form.add("payment_method_types[0]", "card")
        form.add("client_reference_id", orderID.description)
        form.add("line_items[0][price_data][currency]", currency.rawValue.lowercased())
        form.add("line_items[0][price_data][unit_amount]", unitAmount)
        form.add("line_items[0][price_data][product_data][name]", title)
        form.add("line_items[0][quantity]", quantity)
        form.add("payment_intent_data[capture_method]", "manual")
        form.add("payment_intent_data[metadata][\(Metadata.orderID)]", orderID.description)
        form.add("payment_intent_data[metadata][\(Metadata.attempt)]", attempt)
        form.add("metadata[\(Metadata.orderID)]", orderID.description)
        form.add("metadata[\(Metadata.attempt)]", attempt)
        form.add("success_url", successURL)
        form.add("cancel_url", cancelURL)
        form.add("expires_at", expiresAt.seconds)
        return form
    }
}
