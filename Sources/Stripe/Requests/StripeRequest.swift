/// A complete request to Stripe's API. A POST is committed to the database before it is sent, and retried unchanged.
public struct StripeRequest: Codable, Sendable, Hashable {
    public enum Method: String, Codable, Sendable {
        case get = "GET"
        case post = "POST"
    }

    public var method: Method
    /// The encoded path, beginning with `/v1`.
    public var path: String
    /// The encoded body of a POST, or the encoded query of a GET. It may be empty.
    public var form: String
    /// At most 255 characters. Every POST has a key.
    public var idempotencyKey: String?

    public init(method: Method, path: String, form: String, idempotencyKey: String?) {
        self.method = method
        self.path = path
        self.form = form
        self.idempotencyKey = idempotencyKey
    }

    public static func get(_ path: String, _ query: FormBody = FormBody()) -> StripeRequest {
        StripeRequest(method: .get, path: path, form: query.encoded, idempotencyKey: nil)
    }

    public static func post(_ path: String, _ form: FormBody = FormBody(), key: String) -> StripeRequest {
        StripeRequest(method: .post, path: path, form: form.encoded, idempotencyKey: key)
    }
}

// MARK: Checkout Sessions

extension StripeRequest {
    /// https://docs.stripe.com/api/checkout/sessions/create
    public static func createCheckoutSession(_ parameters: CheckoutSessionParameters, key: String) -> StripeRequest {
        .post("/v1/checkout/sessions", parameters.form, key: key)
    }

    /// Fails with `invalid` if the session is complete or expired. Then fetch it and act on its state.
    ///
    /// https://docs.stripe.com/api/checkout/sessions/expire
    public static func expireCheckoutSession(_ id: String, key: String) -> StripeRequest {
        .post("/v1/checkout/sessions/\(id.percentEncoded)/expire", key: key)
    }

    /// Includes the PaymentIntent and its latest charge, if they exist.
    public static func retrieveCheckoutSession(_ id: String) -> StripeRequest {
        var query = FormBody()
        query.add("expand[0]", "payment_intent.latest_charge")
        return .get("/v1/checkout/sessions/\(id.percentEncoded)", query)
    }

    /// Lists at most 100 sessions that were created since a time, newest first. If a response was lost and the repeated
    /// request gets a stored 500, the `metadata` of these sessions shows whether the session was created.
    public static func listCheckoutSessions(
        createdSince seconds: Int64, startingAfter: String? = nil
    ) -> StripeRequest {
        var query = FormBody()
        query.add("created[gte]", seconds)
        query.add("limit", 100)
        if let startingAfter { query.add("starting_after", startingAfter) }
        return .get("/v1/checkout/sessions", query)
    }

    /// Lists the session of a PaymentIntent, if there is one.
    public static func listCheckoutSessions(paymentIntent id: String) -> StripeRequest {
        var query = FormBody()
        query.add("payment_intent", id)
        query.add("limit", 1)
        return .get("/v1/checkout/sessions", query)
    }
}

// MARK: PaymentIntents and refunds

extension StripeRequest {
    /// Includes the latest charge, which shows the captured and refunded amounts.
    public static func retrievePaymentIntent(_ id: String) -> StripeRequest {
        var query = FormBody()
        query.add("expand[0]", "latest_charge")
        return .get("/v1/payment_intents/\(id.percentEncoded)", query)
    }

    /// Captures the authorised amount. https://docs.stripe.com/api/payment_intents/capture
    public static func capturePaymentIntent(_ id: String, key: String) -> StripeRequest {
        var form = FormBody()
        form.add("expand[0]", "latest_charge")
        return .post("/v1/payment_intents/\(id.percentEncoded)/capture", form, key: key)
    }

    /// Releases an authorisation without a refund or fee. Fails while the session is open: expire the session instead.
    ///
    /// https://docs.stripe.com/api/payment_intents/cancel
    public static func cancelPaymentIntent(_ id: String, key: String) -> StripeRequest {
        var form = FormBody()
        form.add("expand[0]", "latest_charge")
        return .post("/v1/payment_intents/\(id.percentEncoded)/cancel", form, key: key)
    }

    /// Refunds the captured amount. https://docs.stripe.com/api/refunds/create
    public static func createRefund(paymentIntent id: String, key: String) -> StripeRequest {
        var form = FormBody()
        form.add("payment_intent", id)
        return .post("/v1/refunds", form, key: key)
    }

    public static func listRefunds(paymentIntent id: String) -> StripeRequest {
        var query = FormBody()
        query.add("payment_intent", id)
        query.add("limit", 100)
        return .get("/v1/refunds", query)
    }

    /// https://docs.stripe.com/api/events/retrieve
    public static func retrieveEvent(_ id: String) -> StripeRequest {
        .get("/v1/events/\(id.percentEncoded)")
    }
}
