import Marketplace
import Services
import Storage
import Stripe

/// Finds checkout pages and payments at Stripe that name an order of this installation but belong to no attempt,
/// because a restored database has lost the attempt. It reads only the last eight days, because an authorization is
/// valid for at most seven.
struct StripeCheck: Check {
    let payments: PaymentsRepair
    let client: StripeClient
    /// The origin of this installation. Another installation may use the same account.
    let publicURL: String
    /// Maximum age of the sessions that are read.
    var maxAge: Duration = .seconds(8 * 86_400)

    func scan() async throws -> [Finding] {
        do {
            return try await orphans()
        } catch let error as StripeError {
            return [
                Finding(
                    kind: .stripeUnreachable, weight: .note, service: .payments, subject: "Stripe",
                    problem:
                        "did not answer (\(error.kind.rawValue)), so its payments were not compared: is "
                        + "STRIPE_SECRET_KEY right, and Stripe available?"
                )
            ]
        }
    }

    private func orphans() async throws -> [Finding] {
        var findings: [Finding] = []
        var position: String?
        repeat {
            let page = try await client.send(
                .listCheckoutSessions(
                    createdSince: (Timestamp.now() - maxAge).seconds, startingAfter: position),
                as: StripeList<CheckoutSession>.self)
            position = page.hasMore ? page.data.last?.id : nil
            let own = page.data.filter { isOwn($0) && $0.status != .expired }
            let known = try await payments.known(sessions: own.map(\.id))
            for session in own where !known.contains(session.id) {
                if let finding = try await examine(session.id) { findings.append(finding) }
            }
        } while position != nil && findings.count < Self.limit
        return findings
    }

    private func isOwn(_ session: CheckoutSession) -> Bool {
        session.metadata.orderID != nil && session.successURL?.hasPrefix("\(publicURL)/") == true
    }

    /// Returns a finding, or `nil` if the session has no payment and can take none, is about to belong to an attempt,
    /// or is an unpaid second page of one.
    private func examine(_ id: String) async throws -> Finding? {
        let session = try await client.retrieveCheckoutSession(id)
        guard let orphan = Orphan(session) else { return nil }
        let status = try await payments.status(of: orphan.order, attempt: orphan.attempt)
        if status.isOpening { return nil }
        // A second page of an attempt comes from a call whose response was lost. The URL of that page was never
        // published, and the page expires.
        if status.state != nil, orphan.payment == .none { return nil }
        let payment =
            switch orphan.payment {
            case .none: "can still be paid"
            case .authorized: "has an authorized payment"
            case .captured: "has a captured payment"
            }
        return Finding(
            kind: .stripeOrphan, service: .payments, subject: id,
            problem: "\(payment) for attempt \(orphan.attempt) of order \(orphan.order), and belongs to no attempt")
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard finding.kind == .stripeOrphan else { return .resolved }
        let session = try await client.retrieveCheckoutSession(finding.subject)
        guard try await payments.known(sessions: [session.id]).isEmpty, let orphan = Orphan(session) else {
            return .resolved
        }
        let status = try await payments.status(of: orphan.order, attempt: orphan.attempt)
        guard !status.isOpening else { return .resolved }
        if status.state == nil {
            if status.hasOtherActive {
                return .manual("another attempt of its order is active: run the doctor again when that one has ended")
            }
            guard let row = orphan.row(session), try await payments.adopt(row) else {
                return .manual("it has changed: run the doctor again")
            }
            return .repaired(
                status.isOrderKnown
                    ? "payments has adopted it, and handles it as the order requires"
                    : "payments has adopted it, and undoes it")
        }
        return try await undo(session, orphan)
    }

    /// Undoes a session at Stripe, with the doctor's own idempotency keys. The session cannot be adopted, because its
    /// attempt has another session.
    private func undo(_ session: CheckoutSession, _ orphan: Orphan) async throws -> RepairResult {
        let key = "doctor:\(session.id)"
        if session.status == .open {
            _ = try await client.send(.expireCheckoutSession(session.id, key: "\(key):expire"))
        }
        guard let intent = session.paymentIntentID else { return .repaired("its page is closed") }
        if orphan.payment == .captured {
            _ = try await client.send(.createRefund(paymentIntent: intent, key: "\(key):refund"))
            return .repaired("its payment is refunded")
        }
        _ = try await client.send(.cancelPaymentIntent(intent, key: "\(key):cancel"))
        return .repaired("its authorization is cancelled")
    }

    /// A session that has a payment, or can still take one.
    private struct Orphan {
        enum Payment { case none, authorized, captured }

        var order: OrderID
        var attempt: Int
        var payment: Payment

        /// Returns `nil` for a session that names no attempt, or that neither has a payment nor can still take one.
        init?(_ session: CheckoutSession) {
            guard let order = session.metadata.orderID, let attempt = session.metadata.attempt,
                (1...PaymentAttempt.limit).contains(attempt)
            else { return nil }
            (self.order, self.attempt) = (order, attempt)
            switch session.paymentIntent?.status {
            case .requiresCapture: payment = .authorized
            case .succeeded:
                guard let intent = session.paymentIntent,
                    (intent.latestCharge?.amountRefunded ?? 0) < intent.amountReceived
                else { return nil }
                payment = .captured
            case .canceled where session.status != .open: return nil
            default:
                guard session.status == .open else { return nil }
                payment = .none
            }
        }

        func row(_ session: CheckoutSession) -> PaymentsRepair.OrphanedSession? {
            guard let amount = session.amountTotal, let currency = session.currency else { return nil }
            return PaymentsRepair.OrphanedSession(
                session: session.id, intent: session.paymentIntentID, order: order, attempt: attempt, amount: amount,
                currency: currency, expiresAt: session.expiresAt)
        }
    }
}
