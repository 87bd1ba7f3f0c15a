import JSONCoding
public import Marketplace

/// The part of a webhook event that identifies the changed object. Fetch the object itself, because the event's copy
/// may be outdated.
///
/// https://docs.stripe.com/api/events/object
public struct WebhookEvent: Sendable, Equatable {
    /// `evt_…`
    public var id: String
    /// For example `checkout.session.completed`.
    public var type: String
    public var created: Timestamp
    public var isLive: Bool
    public var objectID: String
    /// For example `checkout.session`, `payment_intent`, `charge` or `refund`.
    public var objectType: String
    /// The object's id if it is a PaymentIntent, else the id of its PaymentIntent.
    public var paymentIntentID: String?
    public var metadata: Metadata

    public var orderID: OrderID? { metadata.orderID }
    public var attempt: Int? { metadata.attempt }

    /// Throws a `DecodingError` if the body is not a Stripe event. Verify the signature first.
    public init(json body: some Sequence<UInt8>) throws {
        self = try JSONBytes.decode(WebhookEvent.self, from: Array(body))
    }
}

extension WebhookEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case id, type, created, data
        case isLive = "livemode"
    }

    private struct Payload: Decodable {
        var object: Object
    }

    private struct Object: Decodable {
        var id: String
        var object: String
        var metadata: Metadata?
        var payment_intent: Expandable<Reference>?
    }

    private struct Reference: Decodable {
        var id: String
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        type = try container.decode(String.self, forKey: .type)
        created = Timestamp(seconds: try container.decode(Int64.self, forKey: .created))
        isLive = try container.decodeIfPresent(Bool.self, forKey: .isLive) ?? false
        let object = try container.decode(Payload.self, forKey: .data).object
        objectID = object.id
        objectType = object.object
        metadata = object.metadata ?? Metadata()
        switch object.payment_intent {
        case .id(let id): paymentIntentID = id
        case .object(let reference): paymentIntentID = reference.id
        case nil: paymentIntentID = object.object == "payment_intent" ? object.id : nil
        }
    }
}
