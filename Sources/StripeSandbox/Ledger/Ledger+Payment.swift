/// Card payments. The buyer pays on the hosted page, or a call confirms a PaymentIntent.
extension Ledger {
    enum PaymentOutcome: Sendable, Equatable {
        case paid(redirectURL: String)
        case declined(message: String)
        case needsAuthentication
        /// The session is complete, expired or unknown.
        case notOpen
    }

    /// The result of one try with a card.
    enum CardOutcome: Sendable, Equatable {
        case authorized
        case declined(CardError)
        case needsAuthentication
    }

    mutating func pay(sessionID: String, card: Card, holder: String?, at now: Int64) -> PaymentOutcome {
        guard var session = sessions[sessionID], session.status == .open, session.expiresAt > now else {
            return .notOpen
        }
        session.customerName = holder
        let intent = intent(of: &session, at: now)
        store(session)
        return outcome(of: pay(intent, with: card, at: now, .none), session)
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
        if case .requiresAuthentication(.some(let error)) = card.behaviour {
            return outcome(of: decline(intent, card, error, at: now, .none), session)
        }
        return outcome(of: authorize(intent, card, at: now, .none), session)
    }

    /// Tries to pay with a card, and stores the new state of the PaymentIntent.
    mutating func pay(_ intent: Intent, with card: Card, at now: Int64, _ cause: Cause) -> CardOutcome {
        var intent = intent
        intent.paymentMethodID = ObjectID.paymentMethod()
        intent.chosenCard = nil
        intent.pendingCard = nil
        switch card.behaviour {
        case .declines(let error):
            return decline(intent, card, error, at: now, cause)
        case .requiresAuthentication:
            intent.status = .requiresAction
            intent.pendingCard = card
            intent.lastError = nil
            store(intent)
            emit("payment_intent.requires_action", snapshot(intent), at: now, cause)
            return .needsAuthentication
        case .succeeds, .failsRefunds, .settlesRefunds, .failsAtCapture:
            return authorize(intent, card, at: now, cause)
        }
    }

    mutating func decline(
        _ intent: Intent, _ card: Card, _ error: CardError, at now: Int64, _ cause: Cause
    ) -> CardOutcome {
        var intent = intent
        var charge = newCharge(intent, card, .failed, at: now)
        charge.failure = error
        charges[charge.id] = charge
        intent.status = .requiresPaymentMethod
        intent.latestChargeID = charge.id
        intent.lastError = error
        intent.paymentMethodID = nil
        intent.chosenCard = nil
        store(intent)
        emit("charge.failed", snapshot(charge), at: now, cause)
        emit("payment_intent.payment_failed", snapshot(intent), at: now, cause)
        return .declined(error)
    }

    private mutating func authorize(_ intent: Intent, _ card: Card, at now: Int64, _ cause: Cause) -> CardOutcome {
        var session = session(of: intent)
        var intent = intent
        var charge = newCharge(intent, card, .succeeded, at: now)
        intent.latestChargeID = charge.id
        intent.lastError = nil
        session?.status = .complete
        if intent.isManualCapture {
            charge.captureBefore = now + Self.authorizationSeconds
            intent.status = .requiresCapture
            intent.amountCapturable = intent.amount
        } else {
            charge.captured = true
            charge.amountCaptured = intent.amount
            intent.status = .succeeded
            intent.amountReceived = intent.amount
            session?.paymentStatus = .paid
        }
        charges[charge.id] = charge
        store(intent)
        if let session { store(session) }
        emit("charge.succeeded", snapshot(charge), at: now, cause)
        let type = intent.isManualCapture ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded"
        emit(type, snapshot(intent), at: now, cause)
        if let session { emit("checkout.session.completed", .session(session), at: now, cause) }
        return .authorized
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

    private func outcome(of outcome: CardOutcome, _ session: Session) -> PaymentOutcome {
        switch outcome {
        case .authorized: .paid(redirectURL: session.redirectURL)
        case .declined(let error): .declined(message: error.message)
        case .needsAuthentication: .needsAuthentication
        }
    }

    private func newCharge(_ intent: Intent, _ card: Card, _ status: Charge.Status, at now: Int64) -> Charge {
        Charge(
            id: ObjectID.charge(), created: now, amount: intent.amount, currency: intent.currency, intentID: intent.id,
            metadata: intent.metadata, description: intent.description, card: card,
            paymentMethodID: intent.paymentMethodID ?? ObjectID.paymentMethod(),
            holderName: session(of: intent)?.customerName, status: status)
    }
}
