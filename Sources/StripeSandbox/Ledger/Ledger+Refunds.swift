extension Ledger {
    func charge(_ id: String) throws(StripeFailure) -> Charge {
        guard let charge = charges[id] else { throw .noSuch("charge", id, parameter: "id") }
        return charge
    }

    func refund(_ id: String) throws(StripeFailure) -> RefundRecord {
        guard let refund = refunds[id] else { throw .noSuch("refund", id, parameter: "id") }
        return refund
    }

    /// https://docs.stripe.com/api/refunds/create
    mutating func createRefund(
        _ parameters: Parameters, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> RefundRecord {
        try parameters.allowOnly(["payment_intent", "charge", "amount", "reason", "metadata", "expand"])
        let reason = try parameters.choice("reason", of: ["duplicate", "fraudulent", "requested_by_customer"])
        let metadata = try parameters.metadata()
        let requested = try parameters.integer("amount")
        var charge = try refundedCharge(parameters)
        guard charge.captured, charge.status == .succeeded else {
            throw .stored(
                "This PaymentIntent (\(charge.intentID)) does not have a successful charge to refund.",
                parameter: "payment_intent")
        }
        let refundable = charge.amount - charge.amountRefunded
        guard refundable > 0 else {
            throw .stored(
                "Charge \(charge.id) has already been refunded.", code: "charge_already_refunded", parameter: nil)
        }
        let amount = requested ?? refundable
        guard (1...refundable).contains(amount) else {
            throw .stored(
                "Refund amount (\(SandboxCurrency.text(amount, charge.currency))) is greater than unrefunded amount on "
                    + "charge (\(SandboxCurrency.text(refundable, charge.currency)))", parameter: "amount")
        }
        var refund = RefundRecord(
            id: ObjectID.refund(), created: now, amount: amount, currency: charge.currency, chargeID: charge.id,
            intentID: charge.intentID, reason: reason, metadata: metadata)
        switch charge.card.behaviour {
        case .failsRefunds: refund.settlesAt = now + Self.refundSettlementSeconds
        case .settlesRefunds:
            refund.status = .pending
            refund.settlesAt = now + Self.refundSettlementSeconds
        default: break
        }
        store(refund)
        charge.amountRefunded += amount
        charge.refundIDs.append(refund.id)
        charges[charge.id] = charge
        emit("refund.created", .refund(refund), at: now, cause)
        emit("charge.refunded", snapshot(charge), at: now, cause)
        return refund
    }

    /// Gives a refund its second status. A pending refund succeeds. A refund that had succeeded fails, and its amount
    /// can be refunded again.
    ///
    /// https://docs.stripe.com/refunds#failed-refunds
    mutating func settle(_ refund: RefundRecord, at now: Int64) {
        var refund = refund
        refund.settlesAt = nil
        if refund.status == .pending {
            refund.status = .succeeded
        } else {
            refund.status = .failed
            refund.failureReason = "expired_or_canceled_card"
            charges[refund.chargeID]?.amountRefunded -= refund.amount
        }
        store(refund)
        if refund.status == .failed { emit("refund.failed", .refund(refund), at: now, .none) }
        emit("refund.updated", .refund(refund), at: now, .none)
        emit("charge.refund.updated", .refund(refund), at: now, .none)
    }

    private func refundedCharge(_ parameters: Parameters) throws(StripeFailure) -> Charge {
        if let id = try parameters.string("charge") { return try charge(id) }
        guard let id = try parameters.string("payment_intent") else {
            throw .invalid("One of the following params should be provided for this request: payment_intent or charge.")
        }
        guard let intent = intents[id] else { throw .noSuch("payment_intent", id, parameter: "payment_intent") }
        guard let charge = intent.latestChargeID.flatMap({ charges[$0] }) else {
            throw .stored(
                "This PaymentIntent (\(id)) does not have a successful charge to refund.", parameter: "payment_intent")
        }
        return charge
    }
}

extension StripeFailure {
    /// An error because of the object's state. Execution had begun, so the response is stored under the key.
    fileprivate static func stored(_ message: String, code: String? = nil, parameter: String?) -> StripeFailure {
        var failure = StripeFailure.invalid(message, code: code, parameter: parameter)
        failure.isStored = true
        return failure
    }
}
