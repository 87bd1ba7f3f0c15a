/// JSON of objects, with their expanded fields.
extension Ledger {
    func json(_ session: Session, _ expansion: Expansion = .none) -> JSON {
        var intent: JSON?
        if let expanded = expansion["payment_intent"] {
            intent = session.intentID.flatMap { intents[$0] }.map { json($0, expanded) }
        }
        let members = session.json(intent: intent)
        return expansion["line_items"] == nil ? members : members.adding(["line_items": session.itemsJSON])
    }

    func json(_ intent: Intent, _ expansion: Expansion = .none) -> JSON {
        var charge: JSON?
        if let expanded = expansion["latest_charge"] {
            charge = intent.latestChargeID.flatMap { charges[$0] }.map { json($0, expanded) }
        }
        return intent.json(page: page(of: intent), charge: charge)
    }

    func json(_ charge: Charge, _ expansion: Expansion = .none) -> JSON {
        var intent: JSON?
        if let expanded = expansion["payment_intent"] { intent = intents[charge.intentID].map { json($0, expanded) } }
        return charge.json(refunds: refunds(of: charge), intent: intent)
    }

    func json(_ refund: RefundRecord, _ expansion: Expansion = .none) -> JSON {
        var (charge, intent): (JSON?, JSON?)
        if let expanded = expansion["charge"] { charge = charges[refund.chargeID].map { json($0, expanded) } }
        if let expanded = expansion["payment_intent"] { intent = intents[refund.intentID].map { json($0, expanded) } }
        return refund.json(charge: charge, intent: intent)
    }
}

extension JSON {
    static func metadata(_ values: [String: String]) -> JSON { .sorted(values.mapValues(JSON.string)) }
}
