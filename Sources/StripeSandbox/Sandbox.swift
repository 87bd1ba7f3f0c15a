import Crypto
import FoundationEssentials
import Synchronization

/// The account: the ledger, the keys, the faults and the counts, each call a single step under one lock.
final class Sandbox: Sendable {
    struct State: Sendable {
        var ledger = Ledger()
        var keys = IdempotencyKeys()
        var faults = FaultRules()
        var record = Record()
        /// How far the sandbox's clock is ahead of the machine's.
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

        /// The same for the same parameters, however they were written.
        var fingerprint: SHA256.Digest {
            SHA256.hash(data: Data("\(method) \(path) \(parameters.tree.canonical)".utf8))
        }
    }

    enum Start: Sendable {
        case answer(APIAnswer)
        /// The key is taken: go on with ``perform`` or ``abandon``.
        case proceed(FaultRule?)
    }

    let settings: SandboxSettings
    private let state = Mutex(State())
    /// Each event once, for delivery. Beyond its bound the oldest is lost, as webhooks are.
    let events: AsyncStream<EventRecord>
    private let eventsContinuation: AsyncStream<EventRecord>.Continuation

    init(settings: SandboxSettings) {
        self.settings = settings
        (events, eventsContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(20_000))
    }

    /// Counts the call, and looks whether its key has an answer already.
    func begin(_ call: Call) throws(StripeFailure) -> Start {
        let key = call.idempotencyKey ?? ""
        guard key.count <= IdempotencyKeys.maxLength else {
            throw .invalid("Idempotency keys are at most \(IdempotencyKeys.maxLength) characters")
        }
        let result: Result<Start, StripeFailure> = change { state, now in
            if !key.isEmpty { state.record.noteRequest(key: key, operation: call.operation) }
            do throws(StripeFailure) {
                if !key.isEmpty,
                    var answer = try state.keys.begin(key, fingerprint: call.fingerprint, at: now)
                {
                    answer.isReplay = true
                    state.record.noteReplay(key: key)
                    return .success(.answer(answer))
                }
                return .success(.proceed(state.faults.take(operation: call.operation)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Runs the call, keeps its answer under its key, and sends its events on their way: one step.
    func perform(_ call: Call, fault: FaultRule?) -> APIAnswer {
        change { state, now in
            var answer: APIAnswer
            var isKept = true
            if let fault, fault.kind == .status, !fault.isAfterEffect {
                answer = Self.answer(fault)
                isKept = fault.status >= 500
            } else {
                do throws(StripeFailure) {
                    let cause = Ledger.Cause(
                        requestID: call.requestID, idempotencyKey: call.idempotencyKey, apiVersion: call.apiVersion)
                    answer = APIAnswer(
                        try state.ledger.run(
                            call.operation, id: call.id, call.parameters, publicURL: call.publicURL, at: now, cause))
                } catch {
                    answer = APIAnswer(error)
                    isKept = error.isKept
                }
                if let fault, fault.kind == .status {
                    answer = Self.answer(fault)
                    isKept = fault.status >= 500
                }
            }
            if let key = call.idempotencyKey {
                if isKept { state.keys.finish(key, with: answer, at: now) } else { state.keys.abandon(key) }
            }
            return answer
        }
    }

    func abandon(_ call: Call) {
        guard let key = call.idempotencyKey else { return }
        change { state, _ in state.keys.abandon(key) }
    }

    /// The one way in: time first, then the change, then its events to delivery.
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

    private static func answer(_ fault: FaultRule) -> APIAnswer {
        var answer = APIAnswer(
            StripeFailure(
                status: fault.status,
                type: fault.status == 429
                    ? "rate_limit_error" : fault.status >= 500 ? "api_error" : "invalid_request_error",
                code: fault.status == 429 ? "rate_limit" : fault.status == 409 ? "lock_timeout" : nil,
                message: fault.status == 429
                    ? "Request rate limit exceeded. You can learn more about rate limits here "
                        + "https://stripe.com/docs/rate-limits."
                    : "Sorry! There was an error while talking to one of our backends. Support has been notified."))
        if fault.status == 429 { answer.retryAfterSeconds = 1 }
        return answer
    }
}

extension FormTree {
    /// The tree in the order of its names.
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
