import FoundationEssentials
import Marketplace
import PostgresClient
import Storage
import Stripe

// Mending by a service's own decision: loaded, locked, decided and stored as its workers do it, in one transaction, with
// the events that follow. No stream brings it, so no inbox row is needed: told twice, the second changes nothing.
extension Surgery {
    func decide(_ events: [TicketsEvent]) async throws {
        let store = TicketsStore()
        let now = try await now(of: .tickets)
        try await pool(of: .tickets).withTransaction { transaction in
            let messages = events.map { Message<TicketsCommand, TicketsEvent>.event(.ofTheOperator(at: now), $0) }
            var desk = try await store.load(messages, in: transaction)
            let told = try messages.flatMap { try desk.decide($0, now: now).taken() }
            try await commit(transaction, store.changes(of: desk), told, of: .tickets, now: now)
        }
    }

    func decide(_ events: [OrdersEvent]) async throws {
        // The length of a hold matters only to new orders.
        let store = OrdersStore(rules: OrdersRules(hold: .seconds(900)))
        let now = try await now(of: .orders)
        try await pool(of: .orders).withTransaction { transaction in
            let messages = events.map { Message<OrdersCommand, OrdersEvent>.event(.ofTheOperator(at: now), $0) }
            var desk = try await store.load(messages, in: transaction)
            let told = try messages.flatMap { try desk.decide($0, now: now).taken() }
            try await commit(transaction, store.changes(of: desk), told, of: .orders, now: now)
        }
    }

    /// Whoever waited for a page is answered in the inbox, where the API finds it.
    func decide(_ events: [PaymentsEvent]) async throws {
        let store = PaymentsStore(times: PaymentTimes())
        // Where a page sends the buyer back to matters only to new pages, which no mending opens.
        let requests = StripeRequests(publicURL: "")
        let now = try await now(of: .payments)
        try await pool(of: .payments).withTransaction { transaction in
            let messages = events.map { Message<PaymentsCommand, PaymentsEvent>.event(.ofTheOperator(at: now), $0) }
            var desk = try await store.load(messages, in: transaction)
            let told = try messages.flatMap { try desk.decide($0, now: now).taken() }
            let files = Array(desk.files.values)
            let answers = try files.flatMap(\.answers).map { answer in
                guard case .failure(let refusal) = answer.outcome else { throw UnexpectedPage() }
                return InboxReply(
                    id: answer.waiter.command.uuid, outcome: .refused, reply: Array(try JSONEncoder().encode(refusal)))
            }
            let replies = answers.isEmpty ? [] : [Inbox(service: .payments).storeSQL(answers)]
            try await commit(
                transaction,
                // No runner waits here for what falls due: it is leased by whoever looks next.
                store.changes(of: files, now: now, until: now, writing: requests.json) + replies, told,
                of: .payments, now: now)
        }
    }

    private func commit(
        _ transaction: PostgresTransaction, _ changes: [SQL], _ told: [NewEvent], of service: Service, now: Timestamp
    ) async throws {
        let events = try told.map { try OutboxEvent($0, at: now) }
        _ = try await transaction.commit(with: changes + Outbox(service: service).appendSQL(events))
    }
}

extension Decision {
    /// Its events; throws where it was put off: then nothing of it is stored.
    fileprivate func taken() throws -> [NewEvent] {
        if case .putOff(let reason) = verdict { throw Refused(message: "it can't be decided yet: \(reason)") }
        return events
    }
}

/// Of an order that is over, nobody is sent to a page.
private struct UnexpectedPage: Error {}

extension EventHead {
    fileprivate static func ofTheOperator(at now: Timestamp) -> EventHead {
        EventHead(id: .new(at: now), version: 0, at: now)
    }
}
