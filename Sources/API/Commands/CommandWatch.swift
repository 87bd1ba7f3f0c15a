import FoundationEssentials
import Hummingbird
import Marketplace
import Services

/// Finds the state of a command whose request did not wait for the result.
struct CommandWatch: Sendable {
    enum State: Sendable {
        case pending
        /// Neither a service's inbox nor Redis contains the command.
        case lost
        case refused(Refusal)
        /// Contains the result. `nil` for a command without a user, such as a sign-up, because anyone may read its
        /// state.
        case done([UInt8]?)
    }

    let transport: any CommandTransport
    let budget: AddressBudget
    let addresses: ClientAddress
    /// If no inbox contains a command that is younger than this, the command is assumed to be in Redis, without a
    /// search. This is longer than the age of a backlog at which the API refuses new commands, longer than the longest
    /// single deferral, and longer than the takeover of a dead worker's entries.
    static let assumedPending = Duration.seconds(600)

    /// - Throws: ``Problem`` (401, 403) if the command belongs to another user, or (429) if the client has asked for
    ///   too many commands that no inbox contains.
    func state(of id: CommandID, _ request: Request, _ context: APIContext) async throws -> State {
        let user = context.user
        if let stored = try await find(id) { return try state(stored, for: user) }
        if Self.isYoung(id, now: .now()) { return .pending }
        try budget.take(addresses.of(request, context))
        // An old command may be unfinished: workers may have been stopped for a long time, and dead letters wait for
        // the operator.
        if try await transport.mayBeUnfinished(id) { return .pending }
        // A worker may have executed the command during the search.
        if let stored = try await find(id) { return try state(stored, for: user) }
        return .lost
    }

    private func state(_ stored: StoredReply, for user: Requester?) throws -> State {
        guard stored.actor == .nobody || stored.actor == user?.actor else {
            if user == nil { throw Problem.signedOut }
            throw Problem.forbidden("the command belongs to another user")
        }
        switch stored.reply {
        case nil, .busy: return .pending
        case .refused(let refusal, _): return .refused(refusal)
        case .done(let body, _): return .done(stored.actor == .nobody ? nil : body)
        }
    }

    private func find(_ id: CommandID) async throws -> StoredReply? {
        for service in ServiceRegistry.topology.withSchema {
            if let stored = try await transport.storedReply(to: id, in: service) { return stored }
        }
        return nil
    }

    /// Returns true if the command may be younger than ``assumedPending``. A UUIDv7 contains the time of its creation.
    /// An id that is derived from an `Idempotency-Key` does not, so such a command never counts as lost.
    static func isYoung(_ id: CommandID, now: Timestamp) -> Bool {
        let bytes = id.uuid.bytes
        guard bytes[6] >> 4 == 7 else { return true }
        let milliseconds = bytes.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return now - Timestamp(milliseconds: milliseconds) < assumedPending
    }
}
