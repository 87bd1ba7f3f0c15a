/// The sandbox's sessions, payments and events.
///
/// It is a plain value. Only the methods in this folder change it, and they take the time as a parameter. It is kept in
/// memory, so a restart empties it, and its size is bounded.
struct Ledger: Sendable {
    /// The API request that caused a change. Events show it.
    struct Cause: Sendable {
        var requestID: String?
        var idempotencyKey: String?
        var apiVersion: String

        static let defaultVersion = APIVersion.standard
        /// The cause of changes by the buyer or by time.
        static let none = Cause(requestID: nil, idempotencyKey: nil, apiVersion: defaultVersion)
    }

    static let minimumSessionSeconds: Int64 = 30 * 60
    static let maximumSessionSeconds: Int64 = 24 * 3600
    /// https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
    static let authorizationSeconds: Int64 = 7 * 24 * 3600
    /// The time from a refund to its second status, for cards whose refunds have a second status. At Stripe, this time
    /// varies.
    static let refundSettlementSeconds: Int64 = 60

    var sessions = ObjectStore<Session>(limit: 50_000)
    var intents = ObjectStore<Intent>(limit: 50_000)
    var charges = ObjectStore<Charge>(limit: 100_000)
    var refunds = ObjectStore<RefundRecord>(limit: 50_000)
    var events = ObjectStore<EventRecord>(limit: 20_000)

    /// Events that have not been queued for delivery yet.
    private var newEvents: [EventRecord] = []
    /// The objects that change at a certain time. `nextDue` is the earliest of these times; nothing is checked before
    /// then.
    private var openSessionIDs: Set<String> = []
    private var authorizedIntentIDs: Set<String> = []
    private var unsettledRefundIDs: Set<String> = []
    private var nextDue = Int64.max

    mutating func takeNewEvents() -> [EventRecord] {
        defer { newEvents = [] }
        return newEvents
    }

    mutating func emit(_ type: String, _ object: Snapshot, at now: Int64, _ cause: Cause) {
        let event = EventRecord(
            id: ObjectID.event(), type: type, created: now, object: object, requestID: cause.requestID,
            idempotencyKey: cause.idempotencyKey, apiVersion: cause.apiVersion, pendingWebhooks: 0)
        events[event.id] = event
        newEvents.append(event)
    }

    /// Writes a session. Every write uses this method, which keeps `openSessionIDs` and `nextDue` correct.
    mutating func store(_ session: Session) {
        sessions[session.id] = session
        if session.status == .open {
            openSessionIDs.insert(session.id)
            nextDue = min(nextDue, session.expiresAt)
        } else {
            openSessionIDs.remove(session.id)
        }
    }

    mutating func store(_ intent: Intent) {
        intents[intent.id] = intent
        if intent.status == .requiresCapture {
            authorizedIntentIDs.insert(intent.id)
            nextDue = min(nextDue, captureBefore(intent.id) ?? .max)
        } else {
            authorizedIntentIDs.remove(intent.id)
        }
    }

    mutating func store(_ refund: RefundRecord) {
        refunds[refund.id] = refund
        if let settlesAt = refund.settlesAt {
            unsettledRefundIDs.insert(refund.id)
            nextDue = min(nextDue, settlesAt)
        } else {
            unsettledRefundIDs.remove(refund.id)
        }
    }

    /// Expires the sessions and authorisations that are due, and settles the refunds that are due.
    mutating func advance(to now: Int64) {
        guard nextDue <= now else { return }
        for session in openSessionIDs.compactMap({ sessions[$0] }).sorted(by: { $0.expiresAt < $1.expiresAt }) {
            guard session.expiresAt <= now else { break }
            expire(session, at: now, .none)
        }
        for id in authorizedIntentIDs.sorted() {
            guard let end = captureBefore(id), end <= now, let intent = intents[id] else { continue }
            cancel(intent, reason: "automatic", chargeEvent: "charge.expired", at: now, .none)
        }
        for refund in unsettledRefundIDs.sorted().compactMap({ refunds[$0] }) where (refund.settlesAt ?? .max) <= now {
            settle(refund, at: now)
        }
        // Drop the ids whose objects the bounded stores have dropped.
        openSessionIDs = openSessionIDs.filter { sessions[$0] != nil }
        authorizedIntentIDs = authorizedIntentIDs.filter { intents[$0] != nil }
        unsettledRefundIDs = unsettledRefundIDs.filter { refunds[$0] != nil }
        let sessionExpiries = openSessionIDs.compactMap { sessions[$0]?.expiresAt }
        let authorizationExpiries = authorizedIntentIDs.compactMap { captureBefore($0) }
        let settlements = unsettledRefundIDs.compactMap { refunds[$0]?.settlesAt }
        nextDue = min(
            sessionExpiries.min() ?? .max, authorizationExpiries.min() ?? .max, settlements.min() ?? .max)
    }

    private func captureBefore(_ intentID: String) -> Int64? {
        intents[intentID]?.latestChargeID.flatMap { charges[$0]?.captureBefore }
    }
}
