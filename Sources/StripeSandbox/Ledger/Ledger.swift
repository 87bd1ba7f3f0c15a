/// All that the sandbox knows of money: a plain value, changed only by the calls in this folder, each at a time passed in.
/// It lives in memory and is bounded; a restart is a new account.
struct Ledger: Sendable {
    /// What caused the change, as events name it.
    struct Cause: Sendable {
        var requestID: String?
        var idempotencyKey: String?
        var apiVersion: String

        static let defaultVersion = "2024-06-20"
        /// The buyer, or time.
        static let none = Cause(requestID: nil, idempotencyKey: nil, apiVersion: defaultVersion)
    }

    static let minimumSessionSeconds: Int64 = 30 * 60
    static let maximumSessionSeconds: Int64 = 24 * 3600
    /// https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
    static let authorizationSeconds: Int64 = 7 * 24 * 3600

    var sessions = Shelf<Session>(limit: 50_000)
    var intents = Shelf<Intent>(limit: 50_000)
    var charges = Shelf<Charge>(limit: 100_000)
    var refunds = Shelf<RefundRecord>(limit: 50_000)
    var events = Shelf<EventRecord>(limit: 20_000)

    /// Not yet handed to delivery.
    private var newEvents: [EventRecord] = []
    /// What time will change, and when the first of it is due: nothing is looked at before.
    private var openSessionIDs: Set<String> = []
    private var authorizedIntentIDs: Set<String> = []
    private var nextDue = Int64.max

    mutating func takeNewEvents() -> [EventRecord] {
        defer { newEvents = [] }
        return newEvents
    }

    mutating func note(_ type: String, _ object: Snapshot, at now: Int64, _ cause: Cause) {
        let event = EventRecord(
            id: ObjectID.event(), type: type, created: now, object: object, requestID: cause.requestID,
            idempotencyKey: cause.idempotencyKey, apiVersion: cause.apiVersion, pendingWebhooks: 0)
        events[event.id] = event
        newEvents.append(event)
    }

    /// The one place where a session is written, so that those to expire are always known.
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

    /// What happens by itself: sessions expire, and after a week so do authorisations.
    mutating func advance(to now: Int64) {
        guard nextDue <= now else { return }
        for session in openSessionIDs.compactMap({ sessions[$0] }).sorted(by: { $0.expiresAt < $1.expiresAt }) {
            guard session.expiresAt <= now else { break }
            expire(session, at: now, .none)
        }
        for id in authorizedIntentIDs.sorted() {
            guard let end = captureBefore(id), end <= now, let intent = intents[id] else { continue }
            cancel(intent, reason: "automatic", at: now, .none)
        }
        // What the shelves forgot goes too.
        openSessionIDs = openSessionIDs.filter { sessions[$0] != nil }
        authorizedIntentIDs = authorizedIntentIDs.filter { intents[$0] != nil }
        let sessionDues = openSessionIDs.compactMap { sessions[$0]?.expiresAt }
        let authorizationDues = authorizedIntentIDs.compactMap { captureBefore($0) }
        nextDue = min(sessionDues.min() ?? .max, authorizationDues.min() ?? .max)
    }

    private func captureBefore(_ intentID: String) -> Int64? {
        intents[intentID]?.latestChargeID.flatMap { charges[$0]?.captureBefore }
    }
}
