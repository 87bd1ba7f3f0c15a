extension Refusal {
    /// The refusal of a payment for an order that can't be paid, by the order's status.
    public static func notPayable(_ status: OrderState.Status, field: String? = nil) -> Refusal {
        let message =
            switch status {
            case .awaitingPayment: "The time to pay for this order has expired. Order again."
            case .confirmed, .complete: "This order is already paid."
            case .cancelled: "This order is cancelled. Order again."
            case .refunded: "This order was refunded. Order again."
            }
        return Refusal(.notPayable, message, field: field)
    }
}
