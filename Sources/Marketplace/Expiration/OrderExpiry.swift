/// What `OrderExpired` tells: the hold of an order was over at this time, says the clock.
public struct OrderExpiry: Codable, Hashable, Sendable {
    public var orderId: OrderID
    public var expiresAt: Timestamp

    public init(orderId: OrderID, expiresAt: Timestamp) {
        self.orderId = orderId
        self.expiresAt = expiresAt
    }
}
