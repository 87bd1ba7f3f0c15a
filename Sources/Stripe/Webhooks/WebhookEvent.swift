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
    /// The id of the changed object, or `nil` if the object has no id (such as a balance) or the event has no object.
    public var objectID: String?
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
        case id, type, data
    }

    private enum DataKeys: String, CodingKey {
        case object
    }

    private enum ObjectKeys: String, CodingKey {
        case id, metadata
    }

    /// Requires only the fields that every event has. Stripe sends many kinds of events, and each must be acknowledged.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        type = try container.decode(String.self, forKey: .type)
        let data = try? container.nestedContainer(keyedBy: DataKeys.self, forKey: .data)
        let object = try? data?.nestedContainer(keyedBy: ObjectKeys.self, forKey: .object)
        objectID = try? object?.decode(String.self, forKey: .id)
        metadata = (try? object?.decode(Metadata.self, forKey: .metadata)) ?? Metadata()
    }
}
