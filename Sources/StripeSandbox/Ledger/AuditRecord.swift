/// Counts the requests for each idempotency key and the outcomes of webhooks, for `GET /_sandbox/record`. Tests and
/// checkers compare the counts with GitTix's state.
struct AuditRecord: Sendable {
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

    private var requests = ObjectStore<Requests>(limit: 50_000)
    var webhooks = Webhooks()

    mutating func countRequest(key: String, operation: Operation) {
        requests[key, default: Requests(operation: operation)].count += 1
    }

    mutating func countReplay(key: String) {
        guard var entry = requests[key] else { return }
        entry.replays += 1
        requests[key] = entry
    }

    /// Returns the report for all objects, or for the objects whose metadata names an order.
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
        let amounts = Amounts(intent, ledger)
        return [
            "id": .string(intent.id), "order_id": .optional(intent.metadata["order_id"]),
            "attempt": .optional(intent.metadata["attempt"]), "status": .string(intent.status.rawValue),
            "session": .optional(intent.sessionID), "currency": .string(intent.currency), "amount": .int(intent.amount),
            "authorized": .int(amounts.authorized), "captured": .int(amounts.captured),
            "refunded": .int(amounts.refunded),
            "canceled": .bool(intent.status == .canceled),
        ]
    }

    /// Returns the sums for each currency.
    private static func totals(_ intents: [Intent], _ ledger: Ledger) -> JSON {
        var totals: [String: Amounts] = [:]
        for intent in intents { totals[intent.currency, default: Amounts()].add(Amounts(intent, ledger)) }
        return .sorted(
            totals.mapValues {
                ["authorized": .int($0.authorized), "captured": .int($0.captured), "refunded": .int($0.refunded)]
            })
    }

    private struct Amounts {
        /// Authorised now and not captured.
        var authorized: Int64 = 0
        /// Captured in total.
        var captured: Int64 = 0
        /// The part of the captured amount that was refunded.
        var refunded: Int64 = 0

        init() {}

        init(_ intent: Intent, _ ledger: Ledger) {
            authorized = intent.amountCapturable
            captured = intent.amountReceived
            let charge = intent.latestChargeID.flatMap { ledger.charges[$0] }
            refunded = (charge?.refundIDs ?? []).compactMap { ledger.refunds[$0] }.filter { $0.status != .failed }
                .map(\.amount).reduce(0, +)
        }

        mutating func add(_ other: Amounts) {
            authorized += other.authorized
            captured += other.captured
            refunded += other.refunded
        }
    }
}
