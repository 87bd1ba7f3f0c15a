import Logging
import Marketplace
import PostgresClient
import Storage
import Streams

/// Takes a batch through one transaction: inbox, load, decide, store, COMMIT.
///
/// What commits is answered; what can't be handled now is put off; what fails for itself is found by halving, and harms
/// no other.
struct BatchProcessor<Handler: ServiceHandler>: Sendable {
    typealias Item = Work<Handler.Command, Handler.Event>

    let handler: Handler
    let pool: PostgresPool
    let storage: ServiceStorage
    /// Tells the relay that there are new rows.
    let relay: Signal
    let logger: Logger
    let clock: @Sendable () -> Timestamp

    /// - Returns: what became of each entry, in their order.
    func process(_ batch: Batch) async throws -> [Outcome] {
        var outcomes: [Outcome] = Array(repeating: .done, count: batch.entries.count)
        var places: [CommandID: Int] = [:]
        var items: [Item] = []
        for (index, entry) in batch.entries.enumerated() {
            switch reading(entry, at: index) {
            case .item(let item):
                if let place = places[item.id], items[place].accepted.fingerprint == item.accepted.fingerprint {
                    items[place].entries.append(index)
                } else if places[item.id] != nil {
                    outcomes[index] = .done(replies: [Self.keyReused(entry)].compactMap(\.self))
                } else {
                    places[item.id] = items.count
                    items.append(item)
                }
            case .settled(let outcome): outcomes[index] = outcome
            }
        }
        for (item, answer) in zip(items, try await answers(to: items)) {
            for index in item.entries { outcomes[index] = outcome(of: answer, for: batch.entries[index]) }
        }
        return outcomes
    }

    /// Messages that no stream brought, such as what a sweep finds: decided and committed like any other, without an
    /// inbox row, for they can be found again.
    func perform(_ messages: [Message<Handler.Command, Handler.Event>]) async throws {
        guard !messages.isEmpty else { return }
        try await repeatingClashes {
            try await pool.withTransaction { transaction in
                var desk = try await handler.load(messages, in: transaction)
                let now = clock()
                let events = messages.flatMap { handler.decide($0, on: &desk, now: now).events }
                try await storage.commit(
                    transaction, changes: handler.changes(of: desk),
                    events: try events.map { try outgoing($0, trace: "", now: now) })
                return ((), desk)
            }
        }
    }
}

// MARK: - Transactions

extension BatchProcessor {
    /// Tries all together; what goes wrong for a reason of its own is halved until it stands alone.
    ///
    /// - Throws: What is nobody's fault: the database is away, or the batch was taken from us. A COMMIT whose answer was
    ///   lost is such a case: tried again, the inbox tells what it did.
    private func answers(to items: [Item]) async throws -> [Answer] {
        guard !items.isEmpty else { return [] }
        do {
            return try await repeatingClashes { try await transact(items) }
        } catch let error where Task.isCancelled || error.isOutage {
            throw error
        } catch let error where items.count == 1 && error.isDelay {
            logger.warning("A message must wait.", metadata: ["id": "\(items[0].id)", "error": "\(error)"])
            return [.delayed(reason: "\(error)")]
        } catch let error where items.count == 1 {
            logger.error("A message failed alone.", metadata: ["id": "\(items[0].id)", "error": "\(error)"])
            return [.failed(reason: "\(error)")]
        } catch {
            logger.warning(
                "A batch failed and is halved.", metadata: ["messages": "\(items.count)", "error": "\(error)"])
            let middle = items.count / 2
            return try await answers(to: Array(items[..<middle])) + answers(to: Array(items[middle...]))
        }
    }

    /// Runs a transaction again that has lost a race: a deadlock, a lock waited for too long, or a row that two found
    /// missing and only one could insert.
    private func repeatingClashes<Value: Sendable>(
        _ transaction: () async throws -> (Value, Handler.Desk)
    ) async throws -> Value {
        for clash in 1... {
            do {
                let (value, desk) = try await transaction()
                relay.fire()
                await handler.committed(desk)
                return value
            } catch let error as PostgresError where clash < 10 && error.isClash {
                logger.notice("A transaction is run again.", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(5 * clash) * Double.random(in: 0.5...1))
            }
        }
        throw CancellationError()
    }

    /// Two round trips: the look into the inbox travels with the load, which is of all messages therefore, and COMMIT
    /// with the changes.
    private func transact(_ items: [Item]) async throws -> ([Answer], Handler.Desk) {
        try await pool.withTransaction(opening: storage.inbox.openingSQL(items.map(\.id.uuid))) { transaction in
            var desk = try await handler.load(items.map(\.message), in: transaction)
            let prior = try storage.inbox.prior(try await transaction.opening())
            let fresh = items.filter { prior[$0.id.uuid] == nil }
            let now = clock()

            var answers: [CommandID: Answer] = [:]
            var messages: [InboxRecord] = []
            var events: [OutboxEvent] = []
            for item in fresh {
                let decision = handler.decide(item.message, on: &desk, now: now)
                events += try decision.events.map { try outgoing($0, trace: item.trace, now: now) }
                let answer = try answer(to: item, decision.verdict)
                answers[item.id] = answer
                switch answer {
                case .reply(let outcome, let body):
                    messages.append(
                        InboxRecord(item.accepted, outcome: outcome == .done ? .done : .refused, reply: body))
                case .silent: messages.append(InboxRecord(item.accepted))
                case .putOff, .delayed, .failed: break
                }
            }
            for item in items where answers[item.id] == nil {
                answers[item.id] = prior[item.id.uuid].map { self.answer(to: item, $0) }
            }
            try await storage.commit(
                transaction, messages: messages, changes: handler.changes(of: desk), events: events)
            return (items.map { answers[$0.id] ?? .silent }, desk)
        }
    }

    private func outgoing(_ event: NewEvent, trace: String, now: Timestamp) throws -> OutboxEvent {
        OutboxEvent(
            id: .v7(at: now), type: event.type.rawValue, at: now, subject: event.subject, version: event.version,
            trace: trace, body: try JSONBody.encode(event.body))
    }
}

// MARK: - Answers

extension BatchProcessor {
    private func answer(to item: Item, _ verdict: Verdict) throws -> Answer {
        switch (verdict, item.message) {
        case (.putOff(let reason), _): .putOff(reason: reason)
        case (_, .event), (.answeredLater, _): .silent
        case (.done(let reply), .command): .reply(.done, body: try JSONBody.encode(reply))
        case (.refused(let refusal), .command): .reply(.refused, body: try JSONBody.encode(refusal))
        }
    }

    /// What the inbox says of a message that was there already.
    private func answer(to item: Item, _ prior: InboxPrior) -> Answer {
        guard prior.fingerprint == item.accepted.fingerprint else { return .reply(.refused, body: Self.keyReusedBody) }
        guard case .command = item.message, let outcome = prior.outcome, let body = prior.reply else { return .silent }
        return .reply(outcome == .done ? .done : .refused, body: body)
    }

    private func outcome(of answer: Answer, for entry: StreamEntry) -> Outcome {
        switch answer {
        case .silent: return .done
        case .failed(let reason): return .failed(reason: reason)
        case .reply(let outcome, let body):
            guard let (address, id) = entry.replyTo else { return .done }
            return .done(replies: [
                ReplyMessage(to: address, Reply(id: id, outcome: outcome, body: body))
            ])
        case .putOff(let reason): return putOff(entry, reason)
        case .delayed(let reason): return .putOff(after: .seconds(5), reason: reason)
        }
    }
}
