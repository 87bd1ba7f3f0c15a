/// The buyer's actions on the hosted page.
extension Ledger {
    enum PaymentOutcome: Sendable, Equatable {
        case paid(redirectURL: String)
        case declined(message: String)
        case needsAuthentication
        /// The session is complete, expired or unknown.
        case notOpen
    }

    mutating func pay(sessionID: String, card: Card, holder: String?, at now: Int64) -> PaymentOutcome {
        guard var session = sessions[sessionID], session.status == .open, session.expiresAt > now else {
            return .notOpen
        }
        session.customerName = holder
        var intent = intent(of: &session, at: now)
        intent.paymentMethodID = ObjectID.paymentMethod()
        intent.pendingCard = nil
        switch card.behaviour {
        case .declines(let error):
            return decline(session, intent, card, error, at: now)
        case .requiresAuthentication:
            intent.status = .requiresAction
            intent.pendingCard = card
            intent.lastError = nil
            store(intent)
            store(session)
            emit("payment_intent.requires_action", snapshot(intent), at: now, .none)
            return .needsAuthentication
        case .succeeds, .failsAtCapture:
            return authorize(session, intent, card, at: now)
        }
    }

    /// Applies the buyer's answer on the bank's 3-D Secure page.
    mutating func authenticate(sessionID: String, isConfirmed: Bool, at now: Int64) -> PaymentOutcome {
        guard let session = sessions[sessionID], session.status == .open, session.expiresAt > now,
            let intentID = session.intentID, var intent = intents[intentID], let card = intent.pendingCard
        else { return .notOpen }
        intent.pendingCard = nil
        guard isConfirmed else {
            intent.status = .requiresPaymentMethod
            intent.lastError = .authentication
            intent.paymentMethodID = nil
            store(intent)
            emit("payment_intent.payment_failed", snapshot(intent), at: now, .none)
            return .declined(message: CardError.authentication.message)
        }
        return authorize(session, intent, card, at: now)
    }

    private mutating func intent(of session: inout Session, at now: Int64) -> Intent {
        if let intent = session.intentID.flatMap({ intents[$0] }) { return intent }
        let id = ObjectID.paymentIntent()
        let intent = Intent(
            id: id, created: now, amount: session.amountTotal, currency: session.currency,
            isManualCapture: session.isManualCapture, metadata: session.intentMetadata,
            description: session.intentDescription, sessionID: session.id,
            clientSecret: "\(id)_secret_\(ObjectID.secret())")
        session.intentID = id
        store(intent)
        store(session)
        emit("payment_intent.created", snapshot(intent), at: now, .none)
        return intent
    }

    private mutating func decline(
        _ session: Session, _ intent: Intent, _ card: Card, _ error: CardError, at now: Int64
    ) -> PaymentOutcome {
        var intent = intent
        var charge = newCharge(session, intent, card, .failed, at: now)
        charge.failure = error
        charges[charge.id] = charge
        intent.status = .requiresPaymentMethod
        intent.latestChargeID = charge.id
        intent.lastError = error
        intent.paymentMethodID = nil
        store(intent)
        store(session)
        emit("charge.failed", snapshot(charge), at: now, .none)
        emit("payment_intent.payment_failed", snapshot(intent), at: now, .none)
        return .declined(message: error.message)
    }

    private mutating func authorize(_ session: Session, _ intent: Intent, _ card: Card, at now: Int64) -> PaymentOutcome
    {
        var session = session
        var intent = intent
        var charge = newCharge(session, intent, card, .succeeded, at: now)
        intent.latestChargeID = charge.id
        intent.lastError = nil
        intent.failsAtCapture = card.behaviour == .failsAtCapture
        session.status = .complete
        if intent.isManualCapture {
            charge.captureBefore = now + Self.authorizationSeconds
            intent.status = .requiresCapture
            intent.amountCapturable = intent.amount
        } else {
            charge.captured = true
            charge.amountCaptured = intent.amount
            intent.status = .succeeded
            intent.amountReceived = intent.amount
            session.paymentStatus = .paid
        }
        charges[charge.id] = charge
        store(intent)
        store(session)
        emit("charge.succeeded", snapshot(charge), at: now, .none)
        let type = intent.isManualCapture ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded"
        emit(type, snapshot(intent), at: now, .none)
        emit("checkout.session.completed", .session(session), at: now, .none)
        return .paid(redirectURL: session.redirectURL)
    }

    private func newCharge(
        _ session: Session, _ intent: Intent, _ card: Card, _ status: Charge.Status, at now: Int64
    ) -> Charge {
        Charge(
            id: ObjectID.charge(), created: now, amount: intent.amount, currency: intent.currency, intentID: intent.id,
            metadata: intent.metadata, description: intent.description, card: card,
            paymentMethodID: intent.paymentMethodID ?? ObjectID.paymentMethod(), holderName: session.customerName,
            status: status)
    }
}
