/// Creates and confirms PaymentIntents with test PaymentMethods, without a Checkout Session.
extension Ledger {
    /// https://docs.stripe.com/api/payment_intents/create
    mutating func createIntent(
        _ parameters: Parameters, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> Intent {
        try parameters.allowOnly([
            "amount", "currency", "capture_method", "confirm", "payment_method", "payment_method_types",
            "automatic_payment_methods", "off_session", "error_on_requires_action", "metadata", "description",
            "expand",
        ])
        guard let amount = try parameters.integer("amount") else { throw .missing("amount") }
        let currency = try parameters.required("currency").lowercased()
        try SandboxCurrency.check(amount, currency, parameter: "amount")
        for type in try parameters.strings("payment_method_types") where type != "card" {
            throw .invalid(
                "Invalid payment_method_types: the sandbox supports only `card`, not `\(type)`.",
                parameter: "payment_method_types")
        }
        let method = try parameters.choice("capture_method", of: ["automatic", "automatic_async", "manual"])
        let card = try chosenCard(parameters)
        let isConfirmed = try parameters.boolean("confirm") ?? false
        if isConfirmed, card == nil { throw .missing("payment_method") }
        let id = ObjectID.paymentIntent()
        var intent = Intent(
            id: id, created: now, amount: amount, currency: currency, isManualCapture: method == "manual",
            metadata: try parameters.metadata(), description: try parameters.string("description", maxLength: 1_000),
            sessionID: nil, clientSecret: "\(id)_secret_\(ObjectID.secret())")
        let needsNoBuyer = try needsNoBuyer(parameters)
        if card != nil {
            intent.status = .requiresConfirmation
            intent.paymentMethodID = ObjectID.paymentMethod()
            intent.chosenCard = card
        }
        store(intent)
        emit("payment_intent.created", snapshot(intent), at: now, cause)
        guard isConfirmed, let card else { return intent }
        return try confirm(intent, with: card, needsNoBuyer: needsNoBuyer, at: now, cause)
    }

    /// https://docs.stripe.com/api/payment_intents/confirm
    mutating func confirmIntent(
        _ id: String, _ parameters: Parameters, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> Intent {
        try parameters.allowOnly(["payment_method", "off_session", "error_on_requires_action", "expand"])
        let intent = try intent(id)
        guard intent.status == .requiresPaymentMethod || intent.status == .requiresConfirmation else {
            throw unexpectedState(
                intent,
                "This PaymentIntent's payment_method could not be confirmed because it has a status of "
                    + "\(intent.status.rawValue).")
        }
        guard intent.sessionID == nil else {
            throw unexpectedState(
                intent, "You cannot confirm the PaymentIntent of a Checkout Session: the buyer does, on its page.")
        }
        guard let card = try chosenCard(parameters) ?? intent.chosenCard else {
            throw unexpectedState(
                intent,
                "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent "
                    + "with a payment method and then confirm it again.")
        }
        return try confirm(intent, with: card, needsNoBuyer: needsNoBuyer(parameters), at: now, cause)
    }

    /// - Parameter needsNoBuyer: True if the buyer is not present, so that a card that requires 3-D Secure is declined.
    private mutating func confirm(
        _ intent: Intent, with card: Card, needsNoBuyer: Bool, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> Intent {
        let outcome: CardOutcome
        if needsNoBuyer, case .requiresAuthentication = card.behaviour {
            outcome = decline(intent, card, .authenticationRequired, at: now, cause)
        } else {
            outcome = pay(intent, with: card, at: now, cause)
        }
        let paid = intents[intent.id] ?? intent
        if case .declined(let error) = outcome {
            throw .declined(error, charge: paid.latestChargeID, intent: json(paid))
        }
        return paid
    }

    private func chosenCard(_ parameters: Parameters) throws(StripeFailure) -> Card? {
        guard let id = try parameters.string("payment_method") else { return nil }
        guard let card = Card(paymentMethod: id) else {
            throw .noSuchReference("PaymentMethod", id, parameter: "payment_method")
        }
        return card
    }

    private func needsNoBuyer(_ parameters: Parameters) throws(StripeFailure) -> Bool {
        let isOffSession = try parameters.boolean("off_session") ?? false
        let refusesActions = try parameters.boolean("error_on_requires_action") ?? false
        return isOffSession || refusesActions
    }
}
