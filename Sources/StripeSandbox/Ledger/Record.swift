/// What checkers and tests may hold the facts against: how often each key was sent, and how each webhook fared.
struct Record: Sendable {
    struct Requests: Sendable {
        var operation: Operation
        var count = 0
        var replays = 0
    }

    struct Webhooks: Sendable {
        var delivered = 0
        var refused = 0
        var dropped = 0
        var givenUp = 0
    }

    private var requests = Shelf<Requests>(limit: 50_000)
    var webhooks = Webhooks()

    mutating func noteRequest(key: String, operation: Operation) {
        requests[key, default: Requests(operation: operation)].count += 1
    }

    mutating func noteReplay(key: String) {
        guard var entry = requests[key] else { return }
        entry.replays += 1
        requests[key] = entry
    }

    /// Everything, or what one order's metadata names.
    func json(_ ledger: Ledger, orderID: String?) -> JSON {
        let sessions = ledger.sessions.all.filter { orderID == nil || $0.metadata["order_id"] == orderID }
        let intents = ledger.intents.all.filter { orderID == nil || $0.metadata["order_id"] == orderID }
        var keys: [String: JSON] = [:]
        for key in requests.ids where orderID.map({ key.contains($0) }) ?? true {
            guard let entry = requests[key] else { continue }
            keys[key] = [
                "operation": .string(entry.operation.rawValue), "count": .int(Int64(entry.count)),
                "replays": .int(Int64(entry.replays)),
            ]
        }
        return [
            "sessions": .array(sessions.map { Self.json($0) }),
            "payment_intents": .array(intents.map { Self.json($0, ledger) }),
            "totals": Self.totals(intents, ledger),
            "requests": .sorted(keys),
            "webhooks": [
                "delivered": .int(Int64(webhooks.delivered)), "refused": .int(Int64(webhooks.refused)),
                "dropped": .int(Int64(webhooks.dropped)), "given_up": .int(Int64(webhooks.givenUp)),
            ],
        ]
    }

    private static func json(_ session: Session) -> JSON {
        [
            "id": .string(session.id), "order_id": .optional(session.metadata["order_id"]),
            "attempt": .optional(session.metadata["attempt"]), "status": .string(session.status.rawValue),
            "payment_status": .string(session.paymentStatus.rawValue), "payment_intent": .optional(session.intentID),
            "amount_total": .int(session.amountTotal), "currency": .string(session.currency),
            "expires_at": .int(session.expiresAt),
        ]
    }

    private static func json(_ intent: Intent, _ ledger: Ledger) -> JSON {
        let facts = Facts(intent, ledger)
        return [
            "id": .string(intent.id), "order_id": .optional(intent.metadata["order_id"]),
            "attempt": .optional(intent.metadata["attempt"]), "status": .string(intent.status.rawValue),
            "session": .string(intent.sessionID), "currency": .string(intent.currency), "amount": .int(intent.amount),
            "authorized": .int(facts.authorized), "captured": .int(facts.captured), "refunded": .int(facts.refunded),
            "canceled": .bool(intent.status == .canceled),
        ]
    }

    /// By currency.
    private static func totals(_ intents: [Intent], _ ledger: Ledger) -> JSON {
        var totals: [String: Facts] = [:]
        for intent in intents { totals[intent.currency, default: Facts()].add(Facts(intent, ledger)) }
        return .sorted(
            totals.mapValues {
                ["authorized": .int($0.authorized), "captured": .int($0.captured), "refunded": .int($0.refunded)]
            })
    }

    private struct Facts {
        /// Held now and not taken.
        var authorized: Int64 = 0
        /// Ever taken.
        var captured: Int64 = 0
        /// Given back of what was taken.
        var refunded: Int64 = 0

        init() {}

        init(_ intent: Intent, _ ledger: Ledger) {
            authorized = intent.amountCapturable
            captured = intent.amountReceived
            let charge = intent.latestChargeID.flatMap { ledger.charges[$0] }
            refunded = (charge?.refundIDs ?? []).compactMap { ledger.refunds[$0]?.amount }.reduce(0, +)
        }

        mutating func add(_ other: Facts) {
            authorized += other.authorized
            captured += other.captured
            refunded += other.refunded
        }
    }
}
