extension ServiceName {
    /// Payments of orders at Stripe.
    public static let payments = ServiceName("payments")
}

extension EventType {
    public static let paymentAuthorized = EventType("PaymentAuthorized")
    public static let chargeCreated = EventType("ChargeCreated")
    public static let paymentFailed = EventType("PaymentFailed")
    public static let chargeRefunded = EventType("ChargeRefunded")
}
