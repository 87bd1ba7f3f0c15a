import Crypto
import FoundationEssentials
import Synchronization

/// The sandbox's Stripe account: ledger, idempotency keys, faults and counters. One lock protects them all.
final class Sandbox: Sendable {
    struct State: Sendable {
        var ledger = Ledger()
        var keys = IdempotencyKeys()
        var faults = FaultRules()
        var record = AuditRecord()
        /// The number of seconds by which the sandbox's clock is ahead of the machine's clock.
        var clockOffset: Int64 = 0
    }

    struct Call: Sendable {
        var method: String
        var path: String
        var operation: Operation
        var id: String
        var parameters: Parameters
        var idempotencyKey: String?
        var requestID: String
        var apiVersion: String
        var publicURL: String

        /// A hash of the request that does not depend on the order or escaping of its parameters.
        var fingerprint: SHA256.Digest {
            SHA256.hash(data: Data("\(method) \(path) \(parameters.tree.canonical)".utf8))
        }
    }

    enum Start: Sendable {
        case respond(APIResponse)
        /// The idempotency key is now in use: continue with ``perform`` or ``abandon``.
        case proceed(FaultRule?)
    }

    let settings: SandboxSettings
    private let state = Mutex(State())
    /// The events to deliver, each once. Above the buffer's limit, the oldest event is dropped.
    let events: AsyncStream<EventRecord>
    private let eventsContinuation: AsyncStream<EventRecord>.Continuation

    init(settings: SandboxSettings) {
        self.settings = settings
        (events, eventsContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(20_000))
    }

    /// Counts the call, and returns the stored response if its idempotency key has one.
    func begin(_ call: Call) throws(StripeFailure) -> Start {
        let key = call.idempotencyKey ?? ""
        guard key.count <= IdempotencyKeys.maxLength else {
            throw .invalid("Idempotency keys must have at most \(IdempotencyKeys.maxLength) characters")
        }
        let result: Result<Start, StripeFailure> = change { state, now in
            if !key.isEmpty { state.record.countRequest(key: key, operation: call.operation) }
            do throws(StripeFailure) {
                if !key.isEmpty,
                    var response = try state.keys.begin(key, fingerprint: call.fingerprint, at: now)
                {
                    response.isReplay = true
                    state.record.countReplay(key: key)
                    return .success(.respond(response))
                }
                return .success(.proceed(state.faults.take(operation: call.operation)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Runs the call, stores its response under its idempotency key, and queues its events, all under the lock.
    func perform(_ call: Call, fault: FaultRule?) -> APIResponse {
        change { state, now in
            var response: APIResponse
            var isStored = true
            if let fault, fault.kind == .status, !fault.isAfterEffect {
                response = Self.response(to: fault)
                isStored = fault.status >= 500
            } else {
                do throws(StripeFailure) {
                    let cause = Ledger.Cause(
                        requestID: call.requestID, idempotencyKey: call.idempotencyKey, apiVersion: call.apiVersion)
                    response = APIResponse(
                        try state.ledger.run(
                            call.operation, id: call.id, call.parameters, publicURL: call.publicURL, at: now, cause))
                } catch {
                    response = APIResponse(error)
                    isStored = error.isStored
                }
                if let fault, fault.kind == .status {
                    response = Self.response(to: fault)
                    isStored = fault.status >= 500
                }
            }
            if let key = call.idempotencyKey {
                if isStored { state.keys.finish(key, with: response, at: now) } else { state.keys.abandon(key) }
            }
            return response
        }
    }

    func abandon(_ call: Call) {
        guard let key = call.idempotencyKey else { return }
        change { state, _ in state.keys.abandon(key) }
    }

    /// Advances time, applies a change, and queues the new events. Every access to the state uses this method.
    @discardableResult
    func change<Value: Sendable>(_ body: (inout State, Int64) -> Value) -> Value {
        state.withLock { state in
            let now = Self.machineSeconds + state.clockOffset
            state.ledger.advance(to: now)
            let value = body(&state, now)
            for var event in state.ledger.takeNewEvents() {
                event.pendingWebhooks = settings.webhookURLs(for: event.type).count
                state.ledger.events[event.id] = event
                if event.pendingWebhooks > 0 { eventsContinuation.yield(event) }
            }
            return value
        }
    }

    static var machineSeconds: Int64 { Int64(Date().timeIntervalSince1970) }

    private static func response(to fault: FaultRule) -> APIResponse {
        var response = APIResponse(
            StripeFailure(
                status: fault.status,
                type: fault.status == 429
                    ? "rate_limit_error" : fault.status >= 500 ? "api_error" : "invalid_request_error",
                code: fault.status == 429 ? "rate_limit" : fault.status == 409 ? "lock_timeout" : nil,
                message: fault.status == 429
                    ? "Request rate limit exceeded. You can learn more about rate limits here "
                        + "https://stripe.com/docs/rate-limits."
                    : "Sorry! There was an error while talking to one of our backends. Support has been notified."))
        if fault.status == 429 { response.retryAfterSeconds = 1 }
        return response
    }
}

extension FormTree {
    /// A text with sorted names. Different trees have different texts.
    var canonical: String {
        switch self {
        case .value(let value): "\(value.utf8.count):\(value)"
        case .branch(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\($0.key.utf8.count):\($0.key)=\($0.value.canonical)" }
                .joined(separator: ";") + "}"
        }
    }
}
