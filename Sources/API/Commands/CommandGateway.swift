import Bootstrap
import HTTPTypes
import JSONCoding
import Marketplace
import Streams

/// Sends commands to the services. Every change that the API makes goes through this type.
///
/// The gateway refuses a command if its user sends too many commands, if the backlog of its service is too long, or if
/// the events of its service are not published. It enqueues all other commands, and waits for their replies unless the
/// client sends `Prefer: respond-async`. If no reply arrives in time, it reads the service's inbox, where the reply may
/// be stored.
struct CommandGateway: Sendable {
    let transport: any CommandTransport
    let budget: CommandBudget
    let seal: CommandSeal
    /// Maximum time to wait for a reply, unless the client sends `Prefer: wait=N`.
    let defaultWait: Duration

    /// - Throws: ``Problem``, including refusals by the service.
    func send<Payload: CommandPayload>(
        _ payload: Payload, to service: ServiceName, as request: CommandRequest
    ) async throws -> CommandResponse {
        if request.isCounted { try await budget.take(for: request.actor) }
        try await transport.admit(service)
        let body = try JSONBytes.encode(payload)
        let command = CommandEnvelope(
            id: request.id, type: Payload.type,
            payloadVersion: Payload.isConfidential ? CommandSeal.payloadVersion : 1, at: request.at,
            actor: request.actor, trace: request.trace.traceparent,
            fingerprint: request.fingerprint,
            body: try Payload.isConfidential ? seal.seal(body, of: Payload.type) : body)
        if request.preference.respondAsync {
            if try await isDuplicate(request, in: service) { return .accepted(request) }
            _ = try await deliver(request) {
                try await transport.send(command, to: service)
                return nil
            }
            return .accepted(request)
        }
        let wait = request.preference.wait(default: defaultWait)
        let reply = try await deliver(request) {
            try await transport.request(command, to: service, wait: wait)
        }
        if let reply { return try response(reply, request) }
        // The reply may be lost although the command was committed.
        guard let stored = try await transport.storedReply(to: request.id, in: service) else {
            return .accepted(request)
        }
        guard stored.fingerprint == request.fingerprint else { throw Problem.keyReused }
        return try stored.reply.map { try response($0, request) } ?? .accepted(request)
    }

    /// Returns the stored response to an earlier request with the same `Idempotency-Key`, or `nil`. Use it for commands
    /// whose checks fail after the first execution, such as a password change.
    func storedResponse(to request: CommandRequest, in service: ServiceName) async throws -> CommandResponse? {
        guard let fingerprint = request.fingerprint,
            let stored = try await transport.storedReply(to: request.id, in: service)
        else { return nil }
        guard stored.fingerprint == fingerprint else { throw Problem.keyReused }
        return try stored.reply.map { try response($0, request) } ?? .accepted(request)
    }

    /// Returns true if the service has stored the same request before. If the client does not wait for a reply, only
    /// this check finds a reused `Idempotency-Key`.
    private func isDuplicate(_ request: CommandRequest, in service: ServiceName) async throws -> Bool {
        guard let fingerprint = request.fingerprint,
            let stored = try await transport.storedReply(to: request.id, in: service)
        else { return false }
        guard stored.fingerprint == fingerprint else { throw Problem.keyReused }
        return true
    }

    private func response(_ reply: CommandReply, _ request: CommandRequest) throws -> CommandResponse {
        switch reply {
        case .done(let body, let isReplay):
            var request = request
            // If the request has no key, the earlier execution was of this same command: a worker has processed it
            // twice.
            request.isReplay = isReplay && request.fingerprint != nil
            return .done(body, request)
        case .refused(let refusal, let isReplay):
            var problem = Problem(refusal)
            if isReplay, request.fingerprint != nil { problem.headers.append(.idempotentReplayed) }
            throw problem
        case .busy: throw Problem.unavailable("the service is busy, and nothing was changed: try again")
        }
    }

    private func deliver(
        _ request: CommandRequest, _ body: () async throws -> CommandReply?
    ) async throws -> CommandReply? {
        do {
            return try await body()
        } catch is DeliveryUnknown {
            let location = CommandResponse.location(of: request.id)
            var problem = Problem.unavailable(
                "it is unknown whether the request was queued: read \(location), or repeat the request with the same Idempotency-Key"
            )
            problem.headers[.location] = location
            throw problem
        }
    }
}
