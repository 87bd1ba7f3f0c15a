public import Marketplace

/// A Checkout Session, as in Stripe's response.
///
/// https://docs.stripe.com/api/checkout/sessions/object
public struct CheckoutSession: Sendable, Equatable {
    public enum Status: Sendable, Equatable {
        /// The buyer can pay.
        case open
        /// The buyer has paid: with manual capture, the PaymentIntent is authorised.
        case complete
        case expired
        case other(String)
    }

    /// `cs_…`
    public var id: String
    /// The payment page, while the session is open.
    public var url: String?
    public var status: Status
    /// `unpaid`, `paid` or `no_payment_required`. With manual capture, it stays `unpaid` until the capture.
    public var paymentStatus: String
    /// `pi_…`. `nil` until the buyer first tries to pay.
    public var paymentIntentID: String?
    /// Set if the request expanded it.
    public var paymentIntent: PaymentIntent?
    public var expiresAt: Timestamp
    public var metadata: Metadata
    /// Total in minor units.
    public var amountTotal: Int64?
    /// `nil` if the marketplace does not support the currency.
    public var currency: Currency?
    /// The page to which the buyer is sent after paying. If several systems share an account, it identifies the system
    /// that created the session.
    public var successURL: String?

    public init(
        id: String, url: String?, status: Status, paymentStatus: String, paymentIntentID: String?,
        paymentIntent: PaymentIntent?, expiresAt: Timestamp, metadata: Metadata, amountTotal: Int64?,
        currency: Currency?, successURL: String? = nil
    ) {
        self.id = id
        self.url = url
        self.status = status
        self.paymentStatus = paymentStatus
        self.paymentIntentID = paymentIntentID
        self.paymentIntent = paymentIntent
        self.expiresAt = expiresAt
        self.metadata = metadata
        self.amountTotal = amountTotal
        self.currency = currency
        self.successURL = successURL
    }
}

extension CheckoutSession: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, url, status, currency, metadata
        case paymentStatus = "payment_status"
        case paymentIntent = "payment_intent"
        case expiresAt = "expires_at"
        case amountTotal = "amount_total"
        case successURL = "success_url"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        url = try container.decodeIfPresent(String.self, forKey: .url)
        status =
            switch try container.decodeIfPresent(String.self, forKey: .status) ?? "" {
            case "open": .open
            case "complete": .complete
            case "expired": .expired
            case let other: .other(other)
            }
        paymentStatus = try container.decode(String.self, forKey: .paymentStatus)
        switch try container.decodeIfPresent(Expandable<PaymentIntent>.self, forKey: .paymentIntent) {
        case .id(let id): paymentIntentID = id
        case .object(let object):
            paymentIntentID = object.id
            paymentIntent = object
        case nil: break
        }
        expiresAt = Timestamp(seconds: try container.decode(Int64.self, forKey: .expiresAt))
        metadata = try container.decodeIfPresent(Metadata.self, forKey: .metadata) ?? Metadata()
        amountTotal = try container.decodeIfPresent(Int64.self, forKey: .amountTotal)
        currency = try container.decodeIfPresent(String.self, forKey: .currency).flatMap(Currency.init(stripe:))
        successURL = try container.decodeIfPresent(String.self, forKey: .successURL)
    }
}

extension Currency {
    /// Parses Stripe's lower-case currency code.
    init?(stripe code: String) {
        self.init(rawValue: code.uppercased())
    }
}
