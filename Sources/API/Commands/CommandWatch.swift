import FoundationEssentials
import Marketplace

/// What became of a command that was answered before it was done.
struct CommandWatch: Sendable {
    enum State: Sendable {
        case pending
        /// Neither a service nor Redis knows it.
        case lost
        case refused(Refusal)
        /// Its result; nil of what nobody in particular asked for (a sign-up): that is for whoever has the cookies.
        case done([UInt8]?)
    }

    let transport: any CommandTransport
    /// How long a command that no inbox knows is taken to be in Redis without a look: longer than the worst backlog that
    /// is not shed, than the longest putting off, and than a worker's taking over.
    static let pendingFor = Duration.seconds(600)

    /// - Throws: ``Problem`` for the command of another.
    func state(of id: CommandID, for user: Requester?) async throws -> State {
        if let stored = try await find(id) { return try state(stored, for: user) }
        if Self.isYoung(id, now: .now()) { return .pending }
        // Workers may have stood still for long, and dead letters wait for the operator.
        if try await transport.mayWait(id) { return .pending }
        // It may have been done while it was looked for.
        if let stored = try await find(id) { return try state(stored, for: user) }
        return .lost
    }

    private func state(_ stored: StoredReply, for user: Requester?) throws -> State {
        guard stored.actor == .nobody || stored.actor == user?.actor else {
            if user == nil { throw Problem.signedOut }
            throw Problem.forbidden("this is the command of another user")
        }
        switch stored.reply {
        case nil, .busy: return .pending
        case .refused(let refusal): return .refused(refusal)
        case .done(let body): return .done(stored.actor == .nobody ? nil : body)
        }
    }

    private func find(_ id: CommandID) async throws -> StoredReply? {
        for service in Service.allCases where service.hasSchema {
            if let stored = try await transport.stored(id, in: service) { return stored }
        }
        return nil
    }

    /// A UUIDv7 tells when it was made. Another id (of an `Idempotency-Key`) tells nothing, so it is never called lost.
    static func isYoung(_ id: CommandID, now: Timestamp) -> Bool {
        let bytes = id.uuid.bytes
        guard bytes[6] >> 4 == 7 else { return true }
        let milliseconds = bytes.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return now - Timestamp(milliseconds: milliseconds) < pendingFor
    }
}
