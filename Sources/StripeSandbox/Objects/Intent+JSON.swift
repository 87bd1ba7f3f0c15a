/// JSON in the format of Stripe's API since 2022-11-15.
extension Intent {
    /// - Parameters:
    ///   - page: The URL of the page on which the buyer confirms, if there is one.
    ///   - charge: Its latest charge, if it is expanded.
    func json(page: String?, charge: JSON? = nil) -> JSON {
        let members: JSON = [
            "id": .string(id), "object": "payment_intent", "livemode": false, "created": .int(created),
            "amount": .int(amount), "amount_capturable": .int(amountCapturable),
            "amount_received": .int(amountReceived), "amount_details": ["tip": [:]],
            "currency": .string(currency), "status": .string(status.rawValue),
            "capture_method": isManualCapture ? "manual" : "automatic", "confirmation_method": "automatic",
            "client_secret": .string(clientSecret), "canceled_at": .optional(canceledAt),
            "cancellation_reason": .optional(cancellationReason), "description": .optional(description),
            "last_payment_error": lastError.map { $0.json(chargeID: latestChargeID) } ?? .null,
            "latest_charge": charge ?? .optional(latestChargeID), "metadata": .metadata(metadata),
            "payment_method_types": ["card"],
            "payment_method": .optional(paymentMethodID),
            "payment_method_options": [
                "card": [
                    "installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic",
                ]
            ],
            "next_action": status == .requiresAction ? nextAction(page: page) : nil,
        ]
        return members.addingNulls([
            "application", "application_fee_amount", "automatic_payment_methods", "customer", "invoice", "on_behalf_of",
            "processing", "receipt_email", "review", "setup_future_usage", "shipping", "source", "statement_descriptor",
            "statement_descriptor_suffix", "transfer_data", "transfer_group",
        ])
    }
    /// Returns the next action. Without a page, the buyer would authenticate in Stripe's script.
    private func nextAction(page: String?) -> JSON {
        guard let page else { return ["type": "use_stripe_sdk", "use_stripe_sdk": [:]] }
        return ["type": "redirect_to_url", "redirect_to_url": ["return_url": nil, "url": .string(page)]]
    }
}
