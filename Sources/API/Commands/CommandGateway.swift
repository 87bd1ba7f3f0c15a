import Bootstrap
import HTTPTypes
import JSONCoding
import Marketplace
import Streams

/// The one way by which the API changes anything: it sheds, enqueues, waits for the reply, and looks into the service's
/// inbox before it says that there is none.
struct CommandGateway: Sendable {
    let transport: any CommandTransport
    /// How long to wait for a reply, unless the client asks for another time.
    let usualWait: Duration

    /// - Throws: ``Problem``, for what the service refuses too.
    func send<Payload: CommandPayload>(
        _ payload: Payload, to service: Marketplace.Service, as request: CommandRequest
    ) async throws -> CommandAnswer {
        try await transport.admit(service)
        let command = CommandEnvelope(
            id: request.id, type: Payload.type, at: request.at, actor: request.actor, trace: request.trace.traceparent,
            fingerprint: request.fingerprint, body: try JSONBytes.encode(payload))
        if request.preference.respondAsync {
            if try await isKnown(request, to: service) { return .accepted(request) }
            _ = try await deliver(request) {
                try await transport.send(command, to: service)
                return nil
            }
            return .accepted(request)
        }
        let wait = request.preference.wait(usual: usualWait)
        let reply = try await deliver(request) {
            try await transport.request(command, to: service, wait: wait)
        }
        if let reply { return try answer(reply, request) }
        // The reply may have been lost where the commit was not.
        guard let stored = try await transport.stored(request.id, in: service) else { return .accepted(request) }
        guard stored.fingerprint == request.fingerprint else { throw Problem.keyReused }
        return try stored.reply.map { try answer($0, request) } ?? .accepted(request)
    }

    /// How a request with this `Idempotency-Key` was answered before, where it was: looked at before what could be done
    /// but once.
    func prior(_ request: CommandRequest, in service: Marketplace.Service) async throws -> CommandAnswer? {
        guard let fingerprint = request.fingerprint, let stored = try await transport.stored(request.id, in: service)
        else { return nil }
        guard stored.fingerprint == fingerprint else { throw Problem.keyReused }
        return try stored.reply.map { try answer($0, request) } ?? .accepted(request)
    }

    /// Whether the service has taken in a request with this `Idempotency-Key` before: nobody waits for a reply that could
    /// tell that the other one was another request.
    private func isKnown(_ request: CommandRequest, to service: Marketplace.Service) async throws -> Bool {
        guard let fingerprint = request.fingerprint, let stored = try await transport.stored(request.id, in: service)
        else { return false }
        guard stored.fingerprint == fingerprint else { throw Problem.keyReused }
        return true
    }

    private func answer(_ reply: CommandReply, _ request: CommandRequest) throws -> CommandAnswer {
        switch reply {
        case .done(let body): return .done(body, request)
        case .refused(let refusal): throw Problem(refusal)
        case .busy: throw Problem.unavailable("this could not be done just now, and nothing was done: try again")
        }
    }

    private func deliver(
        _ request: CommandRequest, _ body: () async throws -> CommandReply?
    ) async throws -> CommandReply? {
        do {
            return try await body()
        } catch is DeliveryUnknown {
            let location = CommandAnswer.location(of: request.id)
            var problem = Problem.unavailable(
                "it is not known whether this was taken in: ask \(location), or repeat it with the same Idempotency-Key"
            )
            problem.headers[.location] = location
            throw problem
        }
    }
}
