/// The objects in the shapes of Stripe's API since 2022-11-15.
extension Ledger {
    func json(_ session: Session, _ expansion: Expansion = .none) -> JSON {
        let intent: JSON =
            if let expanded = expansion["payment_intent"], let intent = session.intentID.flatMap({ intents[$0] }) {
                json(intent, expanded)
            } else {
                .optional(session.intentID)
            }
        let isComplete = session.status == .complete
        var members: [String: JSON] = [
            "id": .string(session.id), "object": "checkout.session", "livemode": false, "mode": "payment",
            "created": .int(session.created), "expires_at": .int(session.expiresAt),
            "status": .string(session.status.rawValue), "payment_status": .string(session.paymentStatus.rawValue),
            "payment_intent": intent, "payment_method_types": ["card"],
            "amount_subtotal": .int(session.amountTotal), "amount_total": .int(session.amountTotal),
            "currency": .string(session.currency), "metadata": .metadata(session.metadata),
            "client_reference_id": .optional(session.clientReferenceID),
            "success_url": .string(session.successURL), "cancel_url": .optional(session.cancelURL),
            "url": session.status == .open ? .string(session.url) : nil, "ui_mode": "hosted",
            "customer": nil, "customer_email": .optional(session.customerEmail), "customer_creation": "if_required",
            "customer_details": isComplete
                ? [
                    "email": .optional(session.customerEmail), "name": .optional(session.customerName), "phone": nil,
                    "address": nil, "tax_exempt": "none", "tax_ids": [],
                ] : nil,
            "automatic_tax": ["enabled": false, "liability": nil, "status": nil],
            "total_details": ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0],
            "payment_method_options": [:], "payment_method_collection": "if_required",
            "phone_number_collection": ["enabled": false], "shipping_options": [], "custom_fields": [],
            "custom_text": ["after_submit": nil, "shipping_address": nil, "submit": nil],
        ]
        let absent = [
            "after_expiration", "allow_promotion_codes", "billing_address_collection", "client_secret", "consent",
            "consent_collection", "currency_conversion", "invoice", "invoice_creation", "locale", "payment_link",
            "recovered_from", "setup_intent", "shipping_address_collection", "shipping_cost", "submit_type",
            "subscription",
        ]
        for name in absent { members[name] = .null }
        if expansion["line_items"] != nil {
            members["line_items"] = .list(
                session.items.enumerated().map { lineItem($0.element, number: $0.offset, of: session) },
                url: "/v1/checkout/sessions/\(session.id)/line_items")
        }
        return .object(members)
    }

    private func lineItem(_ item: Session.LineItem, number: Int, of session: Session) -> JSON {
        let total = JSON.int(item.unitAmount * item.quantity)
        return [
            "id": .string("li_\(session.id.suffix(20))\(number)"), "object": "item", "description": .string(item.name),
            "quantity": .int(item.quantity), "amount_subtotal": total, "amount_total": total, "amount_discount": 0,
            "amount_tax": 0, "currency": .string(session.currency),
        ]
    }

    func json(_ intent: Intent, _ expansion: Expansion = .none) -> JSON {
        let charge: JSON =
            if let expanded = expansion["latest_charge"], let charge = intent.latestChargeID.flatMap({ charges[$0] }) {
                json(charge, expanded)
            } else {
                .optional(intent.latestChargeID)
            }
        var members: [String: JSON] = [
            "id": .string(intent.id), "object": "payment_intent", "livemode": false, "created": .int(intent.created),
            "amount": .int(intent.amount), "amount_capturable": .int(intent.amountCapturable),
            "amount_received": .int(intent.amountReceived), "amount_details": ["tip": [:]],
            "currency": .string(intent.currency), "status": .string(intent.status.rawValue),
            "capture_method": intent.isManualCapture ? "manual" : "automatic", "confirmation_method": "automatic",
            "client_secret": .string(intent.clientSecret), "canceled_at": .optional(intent.canceledAt),
            "cancellation_reason": .optional(intent.cancellationReason), "description": .optional(intent.description),
            "last_payment_error": intent.lastError.map { $0.json(chargeID: intent.latestChargeID) } ?? .null,
            "latest_charge": charge, "metadata": .metadata(intent.metadata), "payment_method_types": ["card"],
            "payment_method": .optional(intent.paymentMethodID),
            "payment_method_options": [
                "card": [
                    "installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic",
                ]
            ],
            "next_action": intent.status == .requiresAction
                ? [
                    "type": "redirect_to_url",
                    "redirect_to_url": ["return_url": nil, "url": .optional(sessions[intent.sessionID]?.url)],
                ] : nil,
        ]
        let absent = [
            "application", "application_fee_amount", "automatic_payment_methods", "customer", "invoice", "on_behalf_of",
            "processing", "receipt_email", "review", "setup_future_usage", "shipping", "source", "statement_descriptor",
            "statement_descriptor_suffix", "transfer_data", "transfer_group",
        ]
        for name in absent { members[name] = .null }
        return .object(members)
    }

    func json(_ charge: Charge, _ expansion: Expansion = .none) -> JSON {
        let intent: JSON =
            if let expanded = expansion["payment_intent"], let intent = intents[charge.intentID] {
                json(intent, expanded)
            } else {
                .string(charge.intentID)
            }
        var members: [String: JSON] = [
            "id": .string(charge.id), "object": "charge", "livemode": false, "created": .int(charge.created),
            "amount": .int(charge.amount), "amount_captured": .int(charge.amountCaptured),
            "amount_refunded": .int(charge.amountRefunded), "captured": .bool(charge.captured),
            "refunded": .bool(charge.amountRefunded == charge.amount), "currency": .string(charge.currency),
            "paid": .bool(charge.status == .succeeded), "status": .string(charge.status.rawValue), "disputed": false,
            "payment_intent": intent, "payment_method": .string(charge.paymentMethodID),
            "description": .optional(charge.description), "metadata": .metadata(charge.metadata),
            "failure_code": .optional(charge.failure?.code), "failure_message": .optional(charge.failure?.message),
            "billing_details": [
                "address": [
                    "city": nil, "country": nil, "line1": nil, "line2": nil, "postal_code": nil, "state": nil,
                ],
                "email": nil, "name": .optional(charge.holderName), "phone": nil,
            ],
            "outcome": outcome(charge), "payment_method_details": ["type": "card", "card": card(charge)],
            "refunds": .list(
                charge.refundIDs.compactMap { refunds[$0] }.reversed().map { json($0) },
                url: "/v1/charges/\(charge.id)/refunds"),
            "fraud_details": [:],
        ]
        let absent = [
            "application", "application_fee", "application_fee_amount", "balance_transaction",
            "calculated_statement_descriptor", "customer", "failure_balance_transaction", "invoice", "on_behalf_of",
            "receipt_email", "receipt_number", "receipt_url", "review", "shipping", "source_transfer",
            "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
        ]
        for name in absent { members[name] = .null }
        return .object(members)
    }

    private func outcome(_ charge: Charge) -> JSON {
        let isDeclined = charge.status == .failed
        return [
            "network_status": isDeclined ? "declined_by_network" : "approved_by_network",
            "reason": .optional(charge.failure?.declineCode), "risk_level": "normal",
            "seller_message": isDeclined ? "The bank did not return any further details." : "Payment complete.",
            "type": isDeclined ? "issuer_declined" : "authorized",
        ]
    }

    private func card(_ charge: Charge) -> JSON {
        var members: [String: JSON] = [
            "amount_authorized": .int(charge.status == .succeeded ? charge.amount : 0),
            "brand": .string(charge.card.brand), "last4": .string(charge.card.last4),
            "exp_month": .int(Int64(charge.card.expiryMonth)), "exp_year": .int(Int64(charge.card.expiryYear)),
            "checks": ["address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"],
            "country": "US", "funding": "credit", "network": .string(charge.card.brand), "installments": nil,
            "mandate": nil, "three_d_secure": nil, "wallet": nil,
        ]
        if let captureBefore = charge.captureBefore { members["capture_before"] = .int(captureBefore) }
        return .object(members)
    }

    func json(_ refund: RefundRecord, _ expansion: Expansion = .none) -> JSON {
        let charge: JSON =
            if let expanded = expansion["charge"], let charge = charges[refund.chargeID] {
                json(charge, expanded)
            } else {
                .string(refund.chargeID)
            }
        let intent: JSON =
            if let expanded = expansion["payment_intent"], let intent = intents[refund.intentID] {
                json(intent, expanded)
            } else {
                .string(refund.intentID)
            }
        return [
            "id": .string(refund.id), "object": "refund", "amount": .int(refund.amount),
            "created": .int(refund.created),
            "currency": .string(refund.currency), "charge": charge, "payment_intent": intent,
            "metadata": .metadata(refund.metadata), "reason": .optional(refund.reason), "status": "succeeded",
            "balance_transaction": nil, "receipt_number": nil, "source_transfer_reversal": nil,
            "transfer_reversal": nil,
            "destination_details": ["type": "card", "card": ["type": "refund", "reference_status": "pending"]],
        ]
    }
}

extension JSON {
    static func metadata(_ values: [String: String]) -> JSON { .object(values.mapValues(JSON.string)) }
}
