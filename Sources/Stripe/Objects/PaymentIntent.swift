public import Marketplace

/// A PaymentIntent, as in Stripe's response.
///
/// https://docs.stripe.com/payments/paymentintents/lifecycle
public struct PaymentIntent: Sendable, Equatable {
    public enum Status: Sendable, Equatable {
        case requiresPaymentMethod
        case requiresConfirmation
        case requiresAction
        case processing
        /// Authorised: the money is reserved and can be captured.
        case requiresCapture
        case canceled
        /// Captured.
        case succeeded
        case other(String)

        /// True if Stripe never changes this status again.
        public var isFinal: Bool { self == .canceled || self == .succeeded }
    }

    /// `pi_…`
    public var id: String
    public var status: Status
    /// The amount in minor units, like the next two amounts.
    public var amount: Int64
    public var amountCapturable: Int64
    public var amountReceived: Int64
    /// `nil` if the marketplace does not support the currency.
    public var currency: Currency?
    public var metadata: Metadata
    /// The id of the latest card payment attempt.
    public var latestChargeID: String?
    /// Set if the request expanded it.
    public var latestCharge: Charge?
    /// The error of the latest failed attempt.
    public var lastError: StripeErrorBody?
    public var cancellationReason: String?

    public init(
        id: String, status: Status, amount: Int64, amountCapturable: Int64, amountReceived: Int64, currency: Currency?,
        metadata: Metadata, latestChargeID: String?, latestCharge: Charge?, lastError: StripeErrorBody?,
        cancellationReason: String?
    ) {
        self.id = id
        self.status = status
        self.amount = amount
        self.amountCapturable = amountCapturable
        self.amountReceived = amountReceived
        self.currency = currency
        self.metadata = metadata
        self.latestChargeID = latestChargeID
        self.latestCharge = latestCharge
        self.lastError = lastError
        self.cancellationReason = cancellationReason
    }
}

extension PaymentIntent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, status, amount, currency, metadata
        case amountCapturable = "amount_capturable"
        case amountReceived = "amount_received"
        case latestCharge = "latest_charge"
        case lastError = "last_payment_error"
        case cancellationReason = "cancellation_reason"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        status = Status(try container.decode(String.self, forKey: .status))
        amount = try container.decode(Int64.self, forKey: .amount)
        amountCapturable = try container.decodeIfPresent(Int64.self, forKey: .amountCapturable) ?? 0
        amountReceived = try container.decodeIfPresent(Int64.self, forKey: .amountReceived) ?? 0
        currency = Currency(stripe: try container.decode(String.self, forKey: .currency))
        metadata = try container.decodeIfPresent(Metadata.self, forKey: .metadata) ?? Metadata()
        switch try container.decodeIfPresent(Expandable<Charge>.self, forKey: .latestCharge) {
        case .id(let id): latestChargeID = id
        case .object(let charge):
            latestChargeID = charge.id
            latestCharge = charge
        case nil: break
        }
        lastError = try container.decodeIfPresent(StripeErrorBody.self, forKey: .lastError)
        cancellationReason = try container.decodeIfPresent(String.self, forKey: .cancellationReason)
    }
}

extension PaymentIntent.Status {
    init(_ text: String) {
        switch text {
        case "requires_payment_method": self = .requiresPaymentMethod
        case "requires_confirmation": self = .requiresConfirmation
        case "requires_action": self = .requiresAction
        case "processing": self = .processing
        case "requires_capture": self = .requiresCapture
        case "canceled": self = .canceled
        case "succeeded": self = .succeeded
        default: self = .other(text)
        }
    }
}
