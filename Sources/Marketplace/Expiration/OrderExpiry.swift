/// The end of an order's hold, by the expiration service's clock: the body of `OrderExpired`.
public struct OrderExpiry: Codable, Hashable, Sendable {
    public var orderId: OrderID
    public var expiresAt: Timestamp

    public init(orderId: OrderID, expiresAt: Timestamp) {
        self.orderId = orderId
        self.expiresAt = expiresAt
    }
}
