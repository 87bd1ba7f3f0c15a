import Marketplace
import Storage
import Stripe

/// Pages and reservations at Stripe that name an order of ours and that no attempt has: what a restored database has
/// forgotten. Looked for among those of the last days, for a reservation lasts no longer than seven.
struct StripeExamination: Examination {
    let repair: PaymentsRepair
    let client: StripeClient
    /// Of this installation; another may use the same account, with orders that are none of ours.
    let publicURL: String
    var reach: Duration = .seconds(8 * 86_400)

    func look() async throws -> [Finding] {
        do {
            return try await strays()
        } catch let error as StripeError {
            return [
                Finding(
                    kind: .stripeStray, service: .payments, subject: "Stripe",
                    what: "could not be asked (\(error.kind.rawValue)): is STRIPE_SECRET_KEY right, and Stripe there?")
            ]
        }
    }

    private func strays() async throws -> [Finding] {
        var findings: [Finding] = []
        var position: String?
        repeat {
            let page = try await client.send(
                .listCheckoutSessions(
                    createdSince: (Timestamp.now() - reach).seconds, startingAfter: position),
                as: StripeList<CheckoutSession>.self)
            position = page.hasMore ? page.data.last?.id : nil
            let ours = page.data.filter { isOurs($0) && $0.status != .expired }
            let known = try await repair.known(sessions: ours.map(\.id))
            for session in ours where !known.contains(session.id) {
                if let finding = try await judge(session.id) { findings.append(finding) }
            }
        } while position != nil && findings.count < Self.limit
        return findings
    }

    private func isOurs(_ session: CheckoutSession) -> Bool {
        session.metadata.orderID != nil && session.successURL?.hasPrefix("\(publicURL)/") == true
    }

    /// Nil where nothing can be taken by it, or where it is about to become an attempt's.
    private func judge(_ id: String) async throws -> Finding? {
        let session = try await client.retrieveCheckoutSession(id)
        guard let stray = Stray(session) else { return nil }
        let standing = try await repair.standing(of: stray.order, attempt: stray.attempt)
        if standing.isOpening { return nil }
        // A second page of an attempt that has another was made under a key whose answer was lost: nobody was ever told
        // where it is, and it closes by itself.
        if standing.state != nil, stray.money == .none { return nil }
        let money =
            switch stray.money {
            case .none: "can still be paid"
            case .reserved: "has money reserved"
            case .taken: "has taken money"
            }
        return Finding(
            kind: .stripeStray, service: .payments, subject: id,
            what: "\(money), for the attempt \(stray.attempt) of the order \(stray.order), and no attempt has it")
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        guard finding.subject.hasPrefix("cs_") else { return .left("run it again when Stripe can be asked") }
        let session = try await client.retrieveCheckoutSession(finding.subject)
        guard try await repair.known(sessions: [session.id]).isEmpty, let stray = Stray(session) else { return .healed }
        let standing = try await repair.standing(of: stray.order, attempt: stray.attempt)
        guard !standing.isOpening else { return .healed }
        if standing.state == nil {
            if standing.hasOtherAlive {
                return .left("another attempt of its order is under way: run it again when that has ended")
            }
            guard let attempt = stray.row(session), try await repair.adopt(attempt) else {
                return .left("it moved: run it again")
            }
            return .mended(
                standing.isOrderKnown
                    ? "payments has taken it on, and goes on with it as the order asks"
                    : "payments has taken it on, and gives back what it holds")
        }
        return try await undo(session, stray)
    }

    /// Of an attempt that has another page, nothing can be taken on: it is undone at Stripe, under keys of its own.
    private func undo(_ session: CheckoutSession, _ stray: Stray) async throws -> Treatment {
        let key = "doctor:\(session.id)"
        if session.status == .open {
            _ = try await client.send(.expireCheckoutSession(session.id, key: "\(key):expire"))
        }
        guard let intent = session.paymentIntentID else { return .mended("its page is closed") }
        if stray.money == .taken {
            _ = try await client.send(.createRefund(paymentIntent: intent, key: "\(key):refund"))
            return .mended("what it had taken is given back")
        }
        _ = try await client.send(.cancelPaymentIntent(intent, key: "\(key):cancel"))
        return .mended("what it had reserved is given back")
    }

    private struct Stray {
        enum Money { case none, reserved, taken }

        var order: OrderID
        var attempt: Int
        var money: Money

        /// Nil of what can take nothing any more.
        init?(_ session: CheckoutSession) {
            guard let order = session.metadata.orderID, let attempt = session.metadata.attempt,
                (1...PaymentAttempt.limit).contains(attempt)
            else { return nil }
            (self.order, self.attempt) = (order, attempt)
            switch session.paymentIntent?.status {
            case .requiresCapture: money = .reserved
            case .succeeded:
                guard let intent = session.paymentIntent,
                    (intent.latestCharge?.amountRefunded ?? 0) < intent.amountReceived
                else { return nil }
                money = .taken
            case .canceled where session.status != .open: return nil
            default:
                guard session.status == .open else { return nil }
                money = .none
            }
        }

        func row(_ session: CheckoutSession) -> PaymentsRepair.Stray? {
            guard let amount = session.amountTotal, let currency = session.currency else { return nil }
            return PaymentsRepair.Stray(
                session: session.id, intent: session.paymentIntentID, order: order, attempt: attempt, amount: amount,
                currency: currency, expiresAt: session.expiresAt)
        }
    }
}
