/// An object as it was when something happened to it. Its JSON is made only where the event is sent or asked for.
enum Snapshot: Sendable {
    case session(Session)
    /// With the page where its buyer confirms.
    case intent(Intent, page: String?)
    case charge(Charge, refunds: [RefundRecord])
    case refund(RefundRecord)

    var json: JSON {
        switch self {
        case .session(let session): session.json()
        case .intent(let intent, let page): intent.json(page: page)
        case .charge(let charge, let refunds): charge.json(refunds: refunds)
        case .refund(let refund): refund.json()
        }
    }
}

extension Ledger {
    func snapshot(_ intent: Intent) -> Snapshot { .intent(intent, page: page(of: intent)) }

    func snapshot(_ charge: Charge) -> Snapshot { .charge(charge, refunds: refunds(of: charge)) }

    func page(of intent: Intent) -> String? { sessions[intent.sessionID]?.url }

    /// The newest first.
    func refunds(of charge: Charge) -> [RefundRecord] { charge.refundIDs.compactMap { refunds[$0] }.reversed() }
}
