import Logging
import Marketplace
import Storage
import Stripe

/// Makes one call, and tells what came of it in the words that payments decides in.
struct StripeCaller: Sendable {
    let send: @Sendable (StripeRequest) async throws(StripeError) -> StripeAnswer
    let logger: Logger
    /// As long as it takes: an undoing is never given up.
    var retries = RetryPolicy(maxAttempts: .max)

    init(logger: Logger, send: @escaping @Sendable (StripeRequest) async throws(StripeError) -> StripeAnswer) {
        self.logger = logger
        self.send = send
    }

    /// The same, and tells when Stripe says that it is asked too often.
    func onRateLimit(_ action: @escaping @Sendable () -> Void) -> StripeCaller {
        var caller = StripeCaller(logger: logger) { [send] request throws(StripeError) in
            do throws(StripeError) {
                return try await send(request)
            } catch {
                if error.status == 429 { action() }
                throw error
            }
        }
        caller.retries = retries
        return caller
    }

    /// What Stripe shows of a session and all that hangs on it.
    func look(at session: String) async throws(StripeError) -> SeenPayment {
        do {
            return SeenPayment(try await send(.retrieveCheckoutSession(session)).decode(CheckoutSession.self))
        } catch  where error.isMissing && Self.canVanish(session) {
            return .gone(session)
        }
    }

    /// Test data can be deleted at Stripe, and a sandbox forgets when it is started again. What is live stays: not to
    /// find it means that the key is of another account or mode, and what is meant is still out there.
    private static func canVanish(_ session: String) -> Bool { session.hasPrefix("cs_test_") }

    func make(_ call: LeasedCall, now: Timestamp) async -> PaymentOutcome {
        let age = now - call.createdAt
        if age > PaymentTimes.keyLife {
            logger.error(
                "A call to Stripe has had no outcome for many hours.",
                metadata: ["key": "\(call.key)", "hours": "\(age.components.seconds / 3600)"])
            return await doubt(call, error: "older than its key")
        }
        do {
            return try await answer(to: call)
        } catch {
            logger.log(
                level: error.kind == .retryable ? .notice : error.kind == .declined ? .info : .warning,
                "Stripe did not do as asked.",
                metadata: ["key": "\(call.key)", "error": "\(error)"])
            return await outcome(of: error, of: call)
        }
    }

    private func answer(to call: LeasedCall) async throws(StripeError) -> PaymentOutcome {
        guard let request = try? StripeRequests.read(call.request) else {
            // Written by another build, or by hand: asked anew, in this build's words.
            return await doubt(call, error: "the stored request can't be read")
        }
        let answer = try await send(request)
        switch call.name.operation {
        case .createSession:
            return .done(SeenPayment(try answer.decode(CheckoutSession.self)))
        case .expireSession:
            let session = try answer.decode(CheckoutSession.self)
            guard session.paymentIntentID != nil else { return .done(SeenPayment(session)) }
            return .done(try await look(at: session.id))
        case .capture, .cancelIntent:
            return .done(SeenPayment(session: nil, intent: SeenIntent(try answer.decode(PaymentIntent.self))))
        case .refund:
            let refund = try answer.decode(Refund.self)
            switch refund.status {
            case "failed", "canceled": return await refusal(of: call, code: "refund_\(refund.status ?? "failed")")
            default: return .refunded
            }
        }
    }

    private func outcome(of error: StripeError, of call: LeasedCall) async -> PaymentOutcome {
        switch error.kind {
        case .retryable:
            let byStripe = (error.status ?? 0) >= 500
            if byStripe, call.failures + 1 >= PaymentTimes.failuresPerKey {
                return await doubt(call, error: "\(error)")
            }
            return unanswered(call, error, byStripe: byStripe)
        case .authentication:
            return unanswered(call, error, byStripe: false)
        case .invalid where error.body.type == "idempotency_error":
            return await doubt(call, error: "\(error)")
        case .invalid where error.isMissing && !(call.session.map(Self.canVanish) ?? true):
            logger.error("Stripe knows nothing of an object of ours.", metadata: ["key": "\(call.key)"])
            return unanswered(call, error, byStripe: false)
        case .invalid, .declined:
            return await refusal(of: call, code: error.body.declineCode ?? error.code ?? error.kind.rawValue)
        }
    }

    /// The object is the truth: what it shows after a "no" decides.
    private func refusal(of call: LeasedCall, code: String) async -> PaymentOutcome {
        guard call.name.operation != .createSession, let session = call.session else {
            return .refused(code: code, nil)
        }
        do {
            return .refused(code: code, try await look(at: session))
        } catch {
            return unanswered(call, error, byStripe: false)
        }
    }

    /// The key is of no more use: what the object shows tells whether another is needed.
    private func doubt(_ call: LeasedCall, error: String) async -> PaymentOutcome {
        guard call.name.operation != .createSession, let session = call.session else {
            return .doubtful(error: error, nil)
        }
        do {
            return .doubtful(error: error, try await look(at: session))
        } catch let failure {
            return unanswered(call, failure, byStripe: false)
        }
    }

    private func unanswered(_ call: LeasedCall, _ error: StripeError, byStripe: Bool) -> PaymentOutcome {
        .unanswered(error: "\(error)", byStripe: byStripe, again: delay(after: call.runs, error))
    }

    func delay(after tries: Int, _ error: StripeError) -> Duration {
        retries.delay(afterAttempt: tries, retryAfter: error.retryAfter, jitter: .random(in: 0..<1))
            ?? retries.longestDelay
    }
}

extension LeasedCall {
    var key: String { "\(order):\(name.attempt):\(name.operation.rawValue):\(name.try)" }
}
