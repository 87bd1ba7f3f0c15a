extension Ledger {
    func intent(_ id: String) throws(StripeFailure) -> Intent {
        guard let intent = intents[id] else { throw .noSuch("payment_intent", id, parameter: "intent") }
        return intent
    }

    /// https://docs.stripe.com/api/payment_intents/capture
    mutating func captureIntent(
        _ id: String, amount requested: Int64?, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> Intent {
        var intent = try intent(id)
        guard intent.status == .requiresCapture, let chargeID = intent.latestChargeID, var charge = charges[chargeID]
        else {
            throw unexpectedState(
                intent,
                "This PaymentIntent could not be captured because it has a status of \(intent.status.rawValue). Only a "
                    + "PaymentIntent with one of the following statuses may be captured: requires_capture.")
        }
        let amount = requested ?? intent.amountCapturable
        guard (1...intent.amountCapturable).contains(amount) else {
            var failure = StripeFailure.invalid(
                "The amount_to_capture must be from 1 to the amount that can be captured, \(intent.amountCapturable).",
                code: "amount_too_large", parameter: "amount_to_capture")
            failure.isStored = true
            throw failure
        }
        if charge.card.behaviour == .failsAtCapture { throw declineCapture(intent, charge, at: now, cause) }
        charge.captured = true
        charge.amountCaptured = amount
        charge.amountRefunded = charge.amount - amount
        charge.captureBefore = nil
        intent.status = .succeeded
        intent.amountReceived = amount
        intent.amountCapturable = 0
        charges[charge.id] = charge
        store(intent)
        if var session = session(of: intent) {
            session.paymentStatus = .paid
            store(session)
        }
        emit("charge.captured", snapshot(charge), at: now, cause)
        emit("payment_intent.succeeded", snapshot(intent), at: now, cause)
        return intent
    }

    /// https://docs.stripe.com/api/payment_intents/cancel
    mutating func cancelIntent(
        _ id: String, reason: String?, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> Intent {
        let intent = try intent(id)
        guard intent.status != .canceled, intent.status != .succeeded else {
            throw unexpectedState(
                intent,
                "You cannot cancel this PaymentIntent because it has a status of \(intent.status.rawValue). Only a "
                    + "PaymentIntent with one of the following statuses may be canceled: requires_payment_method, "
                    + "requires_capture, requires_confirmation, requires_action, processing.")
        }
        if session(of: intent)?.status == .open {
            throw unexpectedState(
                intent,
                "You cannot cancel the PaymentIntent of an open Checkout Session. Expire the Checkout Session instead.")
        }
        cancel(intent, reason: reason, at: now, cause)
        return intents[id] ?? intent
    }

    /// Cancels the PaymentIntent. Like Stripe, shows a released authorisation as a refund of the charge, although
    /// nothing was captured.
    ///
    /// - Parameter chargeEvent: The event of the authorised charge: `charge.expired` if the authorisation has expired.
    mutating func cancel(
        _ intent: Intent, reason: String?, chargeEvent: String = "charge.refunded", at now: Int64, _ cause: Cause
    ) {
        var intent = intent
        let wasAuthorized = intent.status == .requiresCapture
        intent.status = .canceled
        intent.canceledAt = now
        intent.cancellationReason = reason
        intent.amountCapturable = 0
        intent.chosenCard = nil
        intent.pendingCard = nil
        store(intent)
        if wasAuthorized, let id = intent.latestChargeID, var charge = charges[id] {
            charge.amountRefunded = charge.amount
            charge.captureBefore = nil
            charges[id] = charge
            emit(chargeEvent, snapshot(charge), at: now, cause)
        }
        emit("payment_intent.canceled", snapshot(intent), at: now, cause)
    }

    /// Applies the bank's refusal of a capture: the authorisation is released. The payment page is already closed.
    private mutating func declineCapture(
        _ intent: Intent, _ charge: Charge, at now: Int64, _ cause: Cause
    ) -> StripeFailure {
        var intent = intent
        var charge = charge
        charge.status = .failed
        charge.failure = .declined
        charge.captureBefore = nil
        intent.status = .requiresPaymentMethod
        intent.amountCapturable = 0
        intent.lastError = .declined
        intent.paymentMethodID = nil
        charges[charge.id] = charge
        store(intent)
        emit("charge.failed", snapshot(charge), at: now, cause)
        emit("payment_intent.payment_failed", snapshot(intent), at: now, cause)
        return .declined(.declined, charge: charge.id, intent: json(intent))
    }

    func unexpectedState(_ intent: Intent, _ message: String) -> StripeFailure {
        StripeFailure(
            status: 400, type: "invalid_request_error", code: "payment_intent_unexpected_state", message: message,
            paymentIntent: json(intent), isStored: true)
    }
}
