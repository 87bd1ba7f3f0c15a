/// JSON in the format of Stripe's API since 2022-11-15.
extension Session {
    /// - Parameter intent: Its PaymentIntent, if it is expanded.
    func json(intent: JSON? = nil) -> JSON {
        let isComplete = status == .complete
        let members: JSON = [
            "id": .string(id), "object": "checkout.session", "livemode": false, "mode": "payment",
            "created": .int(created), "expires_at": .int(expiresAt),
            "status": .string(status.rawValue), "payment_status": .string(paymentStatus.rawValue),
            "payment_intent": intent ?? .optional(intentID), "payment_method_types": ["card"],
            "amount_subtotal": .int(amountTotal), "amount_total": .int(amountTotal),
            "currency": .string(currency), "metadata": .metadata(metadata),
            "client_reference_id": .optional(clientReferenceID),
            "success_url": .string(successURL), "cancel_url": .optional(cancelURL),
            "url": status == .open ? .string(url) : nil, "ui_mode": "hosted",
            "customer": nil, "customer_email": .optional(customerEmail), "customer_creation": "if_required",
            "customer_details": isComplete
                ? [
                    "email": .optional(customerEmail), "name": .optional(customerName), "phone": nil,
                    "address": nil, "tax_exempt": "none", "tax_ids": [],
                ] : nil,
            "automatic_tax": ["enabled": false, "liability": nil, "status": nil],
            "total_details": ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0],
            "payment_method_options": [:], "payment_method_collection": "if_required",
            "phone_number_collection": ["enabled": false], "shipping_options": [], "custom_fields": [],
            "custom_text": ["after_submit": nil, "shipping_address": nil, "submit": nil],
        ]
        return members.addingNulls([
            "after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret", "consent",
            "consent_collection", "currency_conversion", "invoice", "invoice_creation", "locale", "payment_link",
            "recovered_from", "setup_intent", "shipping_address_collection", "shipping_cost", "submit_type",
            "subscription",
        ])
    }

    /// The list of line items. A response has it only if it is expanded.
    var itemsJSON: JSON {
        .list(
            items.enumerated().map { lineItem($0.element, number: $0.offset) },
            url: "/v1/checkout/sessions/\(id)/line_items")
    }

    private func lineItem(_ item: LineItem, number: Int) -> JSON {
        let total = JSON.int(item.unitAmount * item.quantity)
        return [
            "id": .string("li_\(id.suffix(20))\(number)"), "object": "item", "description": .string(item.name),
            "quantity": .int(item.quantity), "amount_subtotal": total, "amount_total": total, "amount_discount": 0,
            "amount_tax": 0, "currency": .string(currency),
        ]
    }
}
