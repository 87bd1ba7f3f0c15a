/// JSON in the format of Stripe's API since 2022-11-15.
extension RefundRecord {
    /// - Parameters:
    ///   - charge: The refunded charge, if it is expanded.
    ///   - intent: Its PaymentIntent, if it is expanded.
    func json(charge: JSON? = nil, intent: JSON? = nil) -> JSON {
        let members: JSON = [
            "id": .string(id), "object": "refund", "amount": .int(amount),
            "created": .int(created),
            "currency": .string(currency), "charge": charge ?? .string(chargeID),
            "payment_intent": intent ?? .string(intentID),
            "metadata": .metadata(metadata), "reason": .optional(reason), "status": .string(status.rawValue),
            "balance_transaction": nil, "receipt_number": nil, "source_transfer_reversal": nil,
            "transfer_reversal": nil,
            "destination_details": ["type": "card", "card": ["type": "refund", "reference_status": "pending"]],
        ]
        return failureReason.map { members.adding(["failure_reason": .string($0)]) } ?? members
    }
}
