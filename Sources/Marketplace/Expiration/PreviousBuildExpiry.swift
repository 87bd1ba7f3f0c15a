/// The end of an order's hold: the body of `OrderExpired`, which only the previous build publishes.
public struct PreviousBuildExpiry: Codable, Hashable, Sendable {
    public var orderId: OrderID
    public var expiresAt: Timestamp

    public init(orderId: OrderID, expiresAt: Timestamp) {
        self.orderId = orderId
        self.expiresAt = expiresAt
    }
}
