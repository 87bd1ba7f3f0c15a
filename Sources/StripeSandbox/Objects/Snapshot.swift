/// The state of an object at the time of an event. Its JSON is written only when the event is sent or requested.
enum Snapshot: Sendable {
    case session(Session)
    /// `page` is the URL of the page on which the buyer confirms.
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

    func page(of intent: Intent) -> String? { session(of: intent)?.url }

    /// The refunds of a charge, newest first.
    func refunds(of charge: Charge) -> [RefundRecord] { charge.refundIDs.compactMap { refunds[$0] }.reversed() }
}
