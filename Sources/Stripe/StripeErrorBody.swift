/// Stripe's `error` object. A PaymentIntent's `last_payment_error` has the same shape.
///
/// https://docs.stripe.com/api/errors
public struct StripeErrorBody: Sendable, Equatable, Decodable {
    public var type: String?
    public var code: String?
    public var declineCode: String?
    public var message: String?
    public var parameter: String?

    private enum CodingKeys: String, CodingKey {
        case type, code, message
        case declineCode = "decline_code"
        case parameter = "param"
    }

    public init(
        type: String? = nil, code: String? = nil, declineCode: String? = nil, message: String? = nil,
        parameter: String? = nil
    ) {
        self.type = type
        self.code = code
        self.declineCode = declineCode
        self.message = message
        self.parameter = parameter
    }
}
