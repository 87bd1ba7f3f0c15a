/// JSON in the format of Stripe's API since 2022-11-15.
extension Charge {
    /// - Parameters:
    ///   - refunds: Its refunds, newest first.
    ///   - intent: Its PaymentIntent, if it is expanded.
    func json(refunds: [RefundRecord], intent: JSON? = nil) -> JSON {
        let members: JSON = [
            "id": .string(id), "object": "charge", "livemode": false, "created": .int(created),
            "amount": .int(amount), "amount_captured": .int(amountCaptured),
            "amount_refunded": .int(amountRefunded), "captured": .bool(captured),
            "refunded": .bool(amountRefunded == amount), "currency": .string(currency),
            "paid": .bool(status == .succeeded), "status": .string(status.rawValue), "disputed": false,
            "payment_intent": intent ?? .string(intentID), "payment_method": .string(paymentMethodID),
            "description": .optional(description), "metadata": .metadata(metadata),
            "failure_code": .optional(failure?.code), "failure_message": .optional(failure?.message),
            "billing_details": [
                "address": [
                    "city": nil, "country": nil, "line1": nil, "line2": nil, "postal_code": nil, "state": nil,
                ],
                "email": nil, "name": .optional(holderName), "phone": nil,
            ],
            "outcome": outcome, "payment_method_details": ["type": "card", "card": cardJSON],
            "refunds": .list(
                refunds.map { $0.json() },
                url: "/v1/charges/\(id)/refunds"),
            "fraud_details": [:],
        ]
        return members.addingNulls([
            "application", "application_fee", "application_fee_amount", "balance_transaction",
            "calculated_statement_descriptor", "customer", "failure_balance_transaction", "invoice", "on_behalf_of",
            "receipt_email", "receipt_number", "receipt_url", "review", "shipping", "source_transfer",
            "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
        ])
    }

    private var outcome: JSON {
        let isDeclined = status == .failed
        return [
            "network_status": isDeclined ? "declined_by_network" : "approved_by_network",
            "reason": .optional(failure?.declineCode), "risk_level": "normal",
            "seller_message": isDeclined ? "The bank did not return any further details." : "Payment complete.",
            "type": isDeclined ? "issuer_declined" : "authorized",
        ]
    }

    private var cardJSON: JSON {
        let members: JSON = [
            "amount_authorized": .int(status == .succeeded ? amount : 0),
            "brand": .string(card.brand), "last4": .string(card.last4),
            "exp_month": .int(Int64(card.expiryMonth)), "exp_year": .int(Int64(card.expiryYear)),
            "checks": ["address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"],
            "country": "US", "funding": "credit", "network": .string(card.brand), "installments": nil,
            "mandate": nil, "three_d_secure": nil, "wallet": nil,
        ]
        return captureBefore.map { members.adding(["capture_before": .int($0)]) } ?? members
    }
}
