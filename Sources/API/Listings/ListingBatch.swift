import HTTPTypes
import Marketplace

/// Sends the changes of many listings of one seller, a few at a time. Each change is a command of its own, so some may
/// be refused while others are done.
struct ListingBatch: Sendable {
    /// Maximum number of changes in one request.
    static let limit = 200
    /// The changes of prices that count as one command in the user's budget.
    private static let pricesPerToken = 10
    /// The part of a command, in the unit of one change of a price, that a new listing or a change of texts counts. It
    /// costs the database ten times as much.
    private static let textCost = 5
    /// Maximum number of commands that wait for their replies at the same time.
    private static let concurrentCommands = 8

    enum Change: Sendable {
        case create(CreateListing)
        case change(ChangeListing)
    }

    /// The part of a command that a change counts in the user's budget.
    private static func cost(of change: Change) -> Int {
        switch change {
        case .create: textCost
        case .change(let change): change.title == nil && change.details == ShowDetails() ? 1 : textCost
        }
    }

    enum Outcome: Sendable {
        case done(CommandResponse)
        case failed(Problem)
    }

    let gateway: CommandGateway

    /// Returns the outcomes in the order of the changes. If a change has a problem that the remaining changes would
    /// have too, those are not sent.
    ///
    /// - Parameter changes: each with a name that is unique in the request. A request with the same key sends the same
    ///   commands again.
    func send(
        _ changes: [(name: String, change: Change)], as request: CommandRequest, _ context: APIContext
    ) async -> [Outcome] {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes: [Int: Outcome] = [:]
            var stopped: Problem?
            var next = 0
            // The counted commands pay for this much more than the changes that were sent.
            var paid = 0
            while true {
                while stopped == nil, next < changes.count, next - outcomes.count < Self.concurrentCommands {
                    let (index, (name, change)) = (next, changes[next])
                    let cost = Self.cost(of: change)
                    if paid < cost {
                        if let problem = await count(request, context) {
                            stopped = problem
                            break
                        }
                        paid += Self.pricesPerToken
                    }
                    paid -= cost
                    let part = request.part(name)
                    group.addTask { (index, await send(change, as: part, context)) }
                    next += 1
                }
                guard let (index, outcome) = await group.next() else { break }
                outcomes[index] = outcome
                stopped = stopped ?? outcome.problemOfAll
            }
            return changes.indices.map { outcomes[$0] ?? .failed(stopped ?? .internal) }
        }
    }

    /// Counts a command in the user's budget. Returns the problem if the budget is used up.
    private func count(_ request: CommandRequest, _ context: APIContext) async -> Problem? {
        do {
            try await gateway.budget.take(for: request.actor)
            return nil
        } catch {
            return Problem.report(error, context)
        }
    }

    private func send(_ change: Change, as request: CommandRequest, _ context: APIContext) async -> Outcome {
        do {
            switch change {
            case .create(let create): return .done(try await gateway.send(create, to: .listings, as: request))
            case .change(let change): return .done(try await gateway.send(change, to: .listings, as: request))
            }
        } catch {
            return .failed(Problem.report(error, context))
        }
    }
}

extension CommandRequest {
    /// The request for one change of a batch. Its id depends on the batch's request and on the name, and the API always
    /// waits for the reply. ``ListingBatch`` counts it in the user's budget.
    fileprivate func part(_ name: String) -> CommandRequest {
        var part = self
        part.isCounted = false
        part.id = IdempotencyKey(text: "\(id) \(name)").commandID(actor: actor, route: "a part of a request")
        part.preference = Preference([:])
        return part
    }
}

extension ListingBatch.Outcome {
    /// The problem that the next commands of the same user would have as well, or `nil`.
    fileprivate var problemOfAll: Problem? {
        switch self {
        case .done(.done): return nil
        case .done(.accepted):
            return Problem.unavailable("the service is slow, and this change was not sent: try again")
        case .failed(var problem):
            guard
                [.unauthorized, .tooManyRequests, .serviceUnavailable, .internalServerError].contains(problem.status)
            else { return nil }
            // The location belongs to the command that was sent.
            problem.headers[.location] = nil
            return problem
        }
    }
}
