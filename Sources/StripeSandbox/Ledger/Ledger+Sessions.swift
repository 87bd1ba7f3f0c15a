extension Ledger {
    /// https://docs.stripe.com/api/checkout/sessions/create
    mutating func createSession(
        _ parameters: Parameters, publicURL: String, at now: Int64, _ cause: Cause
    ) throws(StripeFailure) -> Session {
        let draft = try SessionDraft(parameters, at: now)
        let id = ObjectID.session()
        let session = Session(
            id: id, created: now, expiresAt: draft.expiresAt, url: "\(publicURL)/c/pay/\(id)",
            successURL: draft.successURL, cancelURL: draft.cancelURL, clientReferenceID: draft.clientReferenceID,
            customerEmail: draft.customerEmail, currency: draft.currency, items: draft.items, amountTotal: draft.total,
            metadata: draft.metadata, isManualCapture: draft.isManualCapture, intentMetadata: draft.intentMetadata,
            intentDescription: draft.intentDescription)
        store(session)
        return session
    }

    /// https://docs.stripe.com/api/checkout/sessions/expire
    mutating func expireSession(_ id: String, at now: Int64, _ cause: Cause) throws(StripeFailure) -> Session {
        let session = try session(id)
        guard session.status == .open else {
            var failure = StripeFailure.invalid(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of "
                    + "`\(session.status.rawValue)`.", parameter: "session")
            failure.isStored = true
            throw failure
        }
        return expire(session, at: now, cause)
    }

    func session(_ id: String) throws(StripeFailure) -> Session {
        guard let session = sessions[id] else { throw .noSuch("checkout.session", id, parameter: "session") }
        return session
    }

    func session(of intent: Intent) -> Session? { intent.sessionID.flatMap { sessions[$0] } }

    /// Expires the session, and cancels its PaymentIntent if a declined attempt has created one.
    @discardableResult
    mutating func expire(_ session: Session, at now: Int64, _ cause: Cause) -> Session {
        var session = session
        session.status = .expired
        store(session)
        if let intent = session.intentID.flatMap({ intents[$0] }) {
            cancel(intent, reason: "automatic", at: now, cause)
        }
        emit("checkout.session.expired", .session(session), at: now, cause)
        return session
    }
}
