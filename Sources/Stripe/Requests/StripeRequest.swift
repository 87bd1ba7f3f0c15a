/// One call of Stripe's API, whole: what is committed as the intent before it is sent, and sent again unchanged.
public struct StripeRequest: Codable, Sendable, Hashable {
    public enum Method: String, Codable, Sendable {
        case get = "GET"
        case post = "POST"
    }

    public var method: Method
    /// From `/v1` on, encoded.
    public var path: String
    /// Encoded: the body of a POST, the query of a GET. May be empty.
    public var form: String
    /// Up to 255 characters; every POST has one.
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

    /// Refused with `invalid` once the session is complete or expired: then look at it and act on what it shows.
    ///
    /// https://docs.stripe.com/api/checkout/sessions/expire
    public static func expireCheckoutSession(_ id: String, key: String) -> StripeRequest {
        .post("/v1/checkout/sessions/\(id.percentEncoded)/expire", key: key)
    }

    /// With its PaymentIntent and that one's charge, when there are any.
    public static func retrieveCheckoutSession(_ id: String) -> StripeRequest {
        var query = FormBody()
        query.add("expand[0]", "payment_intent.latest_charge")
        return .get("/v1/checkout/sessions/\(id.percentEncoded)", query)
    }

    /// The sessions made since then, newest first, at most 100: where a creation's answer is lost and its replay is a
    /// stored 500, this shows whether the session is there (`metadata`).
    public static func listCheckoutSessions(
        createdSince seconds: Int64, startingAfter: String? = nil
    ) -> StripeRequest {
        var query = FormBody()
        query.add("created[gte]", seconds)
        query.add("limit", 100)
        if let startingAfter { query.add("starting_after", startingAfter) }
        return .get("/v1/checkout/sessions", query)
    }

    /// The session that a PaymentIntent belongs to: a list of one or none.
    public static func listCheckoutSessions(paymentIntent id: String) -> StripeRequest {
        var query = FormBody()
        query.add("payment_intent", id)
        query.add("limit", 1)
        return .get("/v1/checkout/sessions", query)
    }
}

// MARK: PaymentIntents and refunds

extension StripeRequest {
    /// With its charge, which shows what was captured and refunded.
    public static func retrievePaymentIntent(_ id: String) -> StripeRequest {
        var query = FormBody()
        query.add("expand[0]", "latest_charge")
        return .get("/v1/payment_intents/\(id.percentEncoded)", query)
    }

    /// All that was authorised. https://docs.stripe.com/api/payment_intents/capture
    public static func capturePaymentIntent(_ id: String, key: String) -> StripeRequest {
        var form = FormBody()
        form.add("expand[0]", "latest_charge")
        return .post("/v1/payment_intents/\(id.percentEncoded)/capture", form, key: key)
    }

    /// Gives an authorisation back; no refund, no fee. Refused while the PaymentIntent's session is open: expire that.
    ///
    /// https://docs.stripe.com/api/payment_intents/cancel
    public static func cancelPaymentIntent(_ id: String, key: String) -> StripeRequest {
        var form = FormBody()
        form.add("expand[0]", "latest_charge")
        return .post("/v1/payment_intents/\(id.percentEncoded)/cancel", form, key: key)
    }

    /// All of what was captured. https://docs.stripe.com/api/refunds/create
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
