import Logging
import Marketplace
import Storage
import Stripe

/// Sends calls and polls to Stripe, and converts the responses to outcomes that decisions use.
struct StripeCaller: Sendable {
    let send: @Sendable (StripeRequest) async throws(StripeError) -> StripeResponse
    let logger: Logger
    /// The delays between repeats under the same key. A call without an answer is repeated until its key is older than
    /// ``PaymentTimes/keyLife``.
    private let retries = RetryPolicy()

    init(logger: Logger, send: @escaping @Sendable (StripeRequest) async throws(StripeError) -> StripeResponse) {
        self.logger = logger
        self.send = send
    }

    /// Returns a caller that also runs an action each time Stripe limits the rate.
    func onRateLimit(_ action: @escaping @Sendable () -> Void) -> StripeCaller {
        StripeCaller(logger: logger) { [send] request throws(StripeError) in
            do throws(StripeError) {
                return try await send(request)
            } catch {
                if error.status == 429 { action() }
                throw error
            }
        }
    }

    /// Polls an attempt's Checkout Session.
    func poll(_ attempt: Int, of order: OrderID, session: String) async -> StripeOutcome {
        do {
            return .polled(attempt: attempt, try await poll(session))
        } catch {
            logger.log(
                level: error.kind == .retryable ? .notice : .error, "Could not poll a payment",
                metadata: ["order": "\(order)", "attempt": .stringConvertible(attempt), "error": "\(error)"])
            return .pollFailed(attempt: attempt, retryAfter: error.retryAfter)
        }
    }

    /// Retrieves a Checkout Session with its PaymentIntent.
    func poll(_ session: String) async throws(StripeError) -> PaymentSnapshot {
        do {
            return PaymentSnapshot(try await send(.retrieveCheckoutSession(session)).decode(CheckoutSession.self))
        } catch  where error.isMissing && Self.canDisappear(session) {
            return .missing(session)
        }
    }

    /// True for test data, which Stripe can delete and the sandbox loses at a restart. Live data is never deleted: if a
    /// live session is not found, the API key belongs to another account or mode.
    private static func canDisappear(_ session: String) -> Bool { session.hasPrefix("cs_test_") }

    /// Sends a call.
    func run(_ call: StripeEffect.Call, now: Timestamp) async -> PaymentOutcome {
        let age = now - call.createdAt
        if age > PaymentTimes.keyLife {
            logger.error(
                "Stripe call has no outcome after many hours",
                metadata: ["key": "\(call.key)", "hours": "\(age.components.seconds / 3600)"])
            return await pollInstead(of: call, error: "older than its key")
        }
        do {
            return try await sendRequest(of: call)
        } catch {
            logger.log(
                level: error.kind == .retryable ? .notice : error.kind == .declined ? .info : .warning,
                "Stripe call failed",
                metadata: ["key": "\(call.key)", "error": "\(error)"])
            return await outcome(of: error, of: call)
        }
    }

    private func sendRequest(of call: StripeEffect.Call) async throws(StripeError) -> PaymentOutcome {
        guard let request = try? StripeRequestBuilder.read(call.request) else {
            // The request was written by another build or by hand. The operation gets a new call, which this build
            // writes.
            return await pollInstead(of: call, error: "the stored request can't be read")
        }
        let response = try await send(request)
        switch call.name.operation {
        case .createSession:
            return .done(PaymentSnapshot(try response.decode(CheckoutSession.self)))
        case .expireSession:
            let session = try response.decode(CheckoutSession.self)
            guard session.paymentIntentID != nil else { return .done(PaymentSnapshot(session)) }
            return .done(try await poll(session.id))
        case .capture, .cancelIntent:
            return .done(PaymentSnapshot(session: nil, intent: IntentSnapshot(try response.decode(PaymentIntent.self))))
        case .refund:
            let refund = try response.decode(Refund.self)
            switch refund.status {
            case "failed", "canceled": return await refusal(of: call, code: "refund_\(refund.status ?? "failed")")
            default: return .refunded
            }
        }
    }

    private func outcome(of error: StripeError, of call: StripeEffect.Call) async -> PaymentOutcome {
        switch error.kind {
        case .retryable:
            let byStripe = (error.status ?? 0) >= 500
            if byStripe, call.failures + 1 >= PaymentTimes.failuresPerKey {
                return await pollInstead(of: call, error: "\(error)")
            }
            return unanswered(call, error, byStripe: byStripe)
        case .authentication:
            return unanswered(call, error, byStripe: false)
        case .invalid where error.body.type == "idempotency_error":
            return await pollInstead(of: call, error: "\(error)")
        case .invalid where error.isMissing && !(call.session.map(Self.canDisappear) ?? true):
            logger.error("Stripe does not have an object that it returned before", metadata: ["key": "\(call.key)"])
            return unanswered(call, error, byStripe: false)
        case .invalid, .declined:
            return await refusal(of: call, code: error.body.declineCode ?? error.code ?? error.kind.rawValue)
        }
    }

    /// Polls after Stripe refused a call, because the next step depends on the session's state, not on the refusal.
    private func refusal(of call: StripeEffect.Call, code: String) async -> PaymentOutcome {
        guard call.name.operation != .createSession, let session = call.session else {
            return .refused(code: code, nil)
        }
        do {
            return .refused(code: code, try await poll(session))
        } catch {
            return unanswered(call, error, byStripe: false)
        }
    }

    /// Polls when the call's key can no longer be used. The session's state shows whether a call with a new key is
    /// needed.
    private func pollInstead(of call: StripeEffect.Call, error: String) async -> PaymentOutcome {
        guard call.name.operation != .createSession, let session = call.session else {
            return .doubtful(error: error, nil)
        }
        do {
            return .doubtful(error: error, try await poll(session))
        } catch let failure {
            return unanswered(call, failure, byStripe: false)
        }
    }

    private func unanswered(_ call: StripeEffect.Call, _ error: StripeError, byStripe: Bool) -> PaymentOutcome {
        .unanswered(
            error: "\(error)", byStripe: byStripe,
            retryAfter: retries.delay(afterAttempt: call.runs, retryAfter: error.retryAfter))
    }
}
