public import Marketplace

/// The metadata of a Stripe object. GitTix stores the order and the payment attempt there.
public struct Metadata: Sendable, Equatable {
    public static let orderID = "order_id"
    public static let attempt = "attempt"

    public var values: [String: String]

    public init(_ values: [String: String] = [:]) {
        self.values = values
    }

    public var orderID: OrderID? { values[Self.orderID].flatMap { OrderID($0) } }
    public var attempt: Int? { values[Self.attempt].flatMap(Int.init) }
}

extension Metadata: Decodable {
    public init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: String].self)
    }
}
