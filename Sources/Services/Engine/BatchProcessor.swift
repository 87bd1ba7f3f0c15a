import Logging
package import Marketplace
package import PostgresClient
import Storage
package import Streams

/// Takes a batch of messages through one transaction: inbox, load, decide, store, COMMIT.
///
/// The senders of committed commands get replies, and deferred messages come back later. When a batch fails, it is
/// halved until the failing message is alone, so that it does not affect the others.
package struct BatchProcessor<Handler: ServiceHandler>: Sendable {
    typealias Item = PendingMessage<Handler.Command, Handler.Event>

    let handler: Handler
    /// The copies that are kept without a decision.
    let copies: [any KeptCopy]
    package let pool: PostgresPool
    let storage: ServiceStorage
    /// Wakes the relay after each commit.
    package let relay: Wakeup
    /// Wakes the sweep after a commit that has started work.
    let newWork = Wakeup()
    let logger: Logger
    package let clock: @Sendable () -> Timestamp
    let senders: CommandSenders
    private let retry: TransactionRetry
    /// The time after which the rest of a batch is put off, so that slow decisions never reach the two seconds after
    /// which PostgreSQL ends an idle transaction. The first message is always decided.
    private let decisionTime: Duration
    /// The subjects of commands that failed alone.
    let failedSubjects = FailureMemory<String> { Self.refusalTime(failures: $0) }

    init(
        handler: Handler, copies: [any KeptCopy] = [], pool: PostgresPool, storage: ServiceStorage,
        senders: CommandSenders, relay: Wakeup, logger: Logger, decisionTime: Duration = .seconds(1),
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.handler = handler
        self.copies = copies
        self.pool = pool
        self.storage = storage
        self.relay = relay
        self.logger = logger
        self.clock = clock
        self.senders = senders
        self.decisionTime = decisionTime
        retry = TransactionRetry(raceKeys: handler.raceKeys, pool: pool, logger: logger)
    }

    /// Returns the outcomes of the entries, in their order.
    package func process(_ batch: Batch) async throws -> [EntryOutcome] {
        var outcomes: [EntryOutcome] = Array(repeating: .done, count: batch.entries.count)
        var places: [CommandID: Int] = Dictionary(minimumCapacity: batch.entries.count)
        var items: [Item] = []
        items.reserveCapacity(batch.entries.count)
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
        for (item, result) in zip(items, try await results(of: items)) {
            for index in item.entries { outcomes[index] = outcome(of: result, for: batch.entries[index]) }
        }
        return outcomes
    }

    /// Decides and commits messages that no stream delivered, in one transaction. They get no inbox row, so they must
    /// be harmless to repeat.
    ///
    /// - Throws: ``UndecidedMessage`` if `requiresDecision` is true and a decision is deferred.
    package func perform(_ messages: [Found], requiresDecision: Bool = false) async throws {
        guard !messages.isEmpty else { return }
        try await committing {
            try await pool.withTransaction { transaction in
                ((), try await decide(messages, requiresDecision: requiresDecision, in: transaction).state)
            }
        }
    }

    /// Decides messages without inbox rows, and commits the changes and events.
    ///
    /// - Parameter work: The work that the messages are a slice of. Its progress is recorded.
    /// - Returns: The state, and the number of events.
    /// - Throws: ``UndecidedMessage`` if `requiresDecision` is true and a decision is deferred.
    func decide(
        _ messages: [Found], sliceOf work: Work? = nil, requiresDecision: Bool, in transaction: PostgresTransaction
    ) async throws -> (state: Handler.State, events: Int) {
        var state = try await handler.load(messages, in: transaction)
        let now = clock()
        var events: [OutboxEvent] = []
        for message in messages {
            let decision = handler.decide(message, on: &state, now: now)
            if requiresDecision, case .deferred(let reason) = decision.outcome {
                throw UndecidedMessage(reason: reason)
            }
            events += try decision.events.map { try OutboxEvent($0, trace: "", at: now) }
        }
        var changes = self.changes(of: state, now: now)
        if let work, !events.isEmpty || handler.work(of: state).progressed.contains(work) {
            changes.append(storage.work.progressSQL(work, now: now))
        }
        try await storage.commit(transaction, changes: changes, events: events)
        return (state, events.count)
    }
}

// MARK: - Transactions

extension BatchProcessor {
    /// Tries all messages together. A batch that fails without an outage is halved until the failing message is alone.
    /// Commands about a subject that has failed are refused before each try.
    ///
    /// - Throws: ``DatabaseOutage``, or `CancellationError` if the task is cancelled.
    private func results(of items: [Item]) async throws -> [MessageResult] {
        guard !items.isEmpty else { return [] }
        if let admission = admission(of: items) {
            let tried = try await results(ofAdmitted: admission.admitted.map { items[$0] })
            var results = admission.refused
            for (index, result) in zip(admission.admitted, tried) { results[index] = result }
            for index in admission.trials {
                results[index] = try await trial(of: items[index]) { try await self.results(ofAdmitted: [$0])[0] }
            }
            return results.map { $0 ?? .silent }
        }
        return try await results(ofAdmitted: items)
    }

    private func results(ofAdmitted items: [Item]) async throws -> [MessageResult] {
        try await Halving<Item, MessageResult>("Batch", logger: logger) { items in
            let results = try await committing { try await transact(items) }
            noteSuccess(of: zip(items, results).filter { !$0.1.isDeferred }.map(\.0))
            return results
        } failedAlone: { item, error in
            failure(of: item, error)
        }
        .outcomes(of: items, half: results(of:))
    }

    private func failure(of item: Item, _ error: any Error) -> MessageResult {
        // A row was written by a newer build, during a deploy or before a rollback. The message is not at fault.
        if error is UnknownValue { return .waitsForNewerBuild(reason: "\(error)") }
        logger.error("Message failed alone", metadata: ["id": "\(item.id)", "error": "\(error)"])
        // A lost race does not mean that the rows of the subject are damaged.
        if (error as? PostgresError)?.isRetryable != true { noteFailure(of: item) }
        return .failed(reason: "\(error)")
    }

    /// Runs a transaction, repeats it if it lost a race, and then does the work that follows a commit. A transaction
    /// that has changed nothing returns no state.
    func committing<Value: Sendable>(
        _ transaction: () async throws -> (Value, Handler.State?)
    ) async throws -> Value {
        let (value, state) = try await retry.run(transaction)
        guard let state else { return value }
        relay.notify()
        if !handler.work(of: state).started.isEmpty { newWork.notify() }
        await handler.committed(state)
        return value
    }

    /// Runs the transaction in two round trips. The inbox is read together with the load, which is therefore done for
    /// all messages. COMMIT is sent together with the changes.
    private func transact(_ items: [Item]) async throws -> ([MessageResult], Handler.State?) {
        try await pool.withTransaction(opening: storage.inbox.openingSQL(items.map(\.id.uuid))) { transaction in
            var state = try await handler.load(items.compactMap(\.message), in: transaction)
            let prior = try storage.inbox.prior(try await transaction.opening())
            let fresh = items.filter { prior[$0.id.uuid] == nil }
            let now = clock()

            var results: [CommandID: MessageResult] = Dictionary(minimumCapacity: items.count)
            var records: [InboxRecord] = []
            var events: [OutboxEvent] = []
            var copied: [CopiedFact] = []
            records.reserveCapacity(fresh.count)
            events.reserveCapacity(fresh.count)
            let start = ContinuousClock.now
            for (index, item) in fresh.enumerated() {
                guard index == 0 || ContinuousClock.now - start < decisionTime else {
                    results[item.id] = .deferred(reason: "many slow requests came first")
                    continue
                }
                var result = MessageResult.silent
                if let message = item.message {
                    let decision = handler.decide(message, on: &state, now: now)
                    events += try decision.events.map { try OutboxEvent($0, trace: item.trace, at: now) }
                    result = try self.result(of: message, decision.outcome)
                }
                results[item.id] = result
                switch result {
                case .reply(let outcome, let body, _):
                    records.append(
                        InboxRecord(item.accepted, outcome: outcome == .done ? .done : .refused, reply: body))
                case .silent: records.append(InboxRecord(item.accepted))
                case .deferred, .failed, .subjectRefused, .waitsForNewerBuild: continue
                }
                if let fact = item.copied { copied.append(fact) }
            }
            for item in items where results[item.id] == nil {
                results[item.id] = prior[item.id.uuid].map { result(of: item, $0) }
            }
            try await storage.commit(
                transaction, messages: records, changes: changes(of: state, now: now) + copies.changes(copied),
                events: events)
            return (items.map { results[$0.id] ?? .silent }, state)
        }
    }

    /// Returns the statements that store the handler's changes and its work.
    func changes(of state: Handler.State, now: Timestamp) -> [SQL] {
        handler.changes(of: state) + storage.work.changesSQL(handler.work(of: state), now: now)
    }
}

// MARK: - Results

extension BatchProcessor {
    private func result(
        of message: Message<Handler.Command, Handler.Event>, _ outcome: Decision.Outcome
    ) throws -> MessageResult {
        switch (outcome, message) {
        case (.deferred(let reason), _): .deferred(reason: reason)
        case (_, .event), (.replyLater, _): .silent
        case (.reply(let reply), .command): .reply(.done, body: try JSONBody.encode(reply))
        case (.refused(let refusal), .command): .reply(.refused, body: try JSONBody.encode(refusal))
        }
    }

    /// Returns the stored result of a message that was already in the inbox.
    private func result(of item: Item, _ prior: InboxPrior) -> MessageResult {
        guard prior.fingerprint == item.accepted.fingerprint else { return .reply(.refused, body: Self.keyReusedBody) }
        guard case .command? = item.message, let outcome = prior.outcome, let body = prior.reply else { return .silent }
        return .reply(outcome == .done ? .done : .refused, body: body, isReplay: true)
    }

    private func outcome(of result: MessageResult, for entry: StreamEntry) -> EntryOutcome {
        switch result {
        case .silent: return .done
        case .failed(let reason): return .failed(reason: reason)
        case .reply(let outcome, let body, let isReplay):
            guard let (address, id) = entry.replyTo else { return .done }
            return .done(replies: [
                ReplyMessage(to: address, Reply(id: id, outcome: outcome, body: body, isReplay: isReplay))
            ])
        case .deferred(let reason): return deferred(entry, reason)
        case .subjectRefused: return subjectRefused(entry)
        case .waitsForNewerBuild(let reason): return waitForNewerBuild(entry, reason)
        }
    }
}
