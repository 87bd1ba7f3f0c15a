import Marketplace
import PostgresClient
import Services
import Storage
import Streams

/// Finds payment attempts without a next step, attempts whose result the orders service does not know, attempts that
/// need an operator or another build, and confirmed orders whose attempt is missing.
struct PaymentCheck: Check {
    let context: OperatorContext
    let payments: PaymentsRepair

    func scan() async throws -> [Finding] {
        var findings = try await payments.idle(limit: Self.limit).map { attempt in
            finding(
                .paymentIdle, attempt.order, attempt.number,
                "is \(attempt.state.rawValue), its order is \(attempt.status.rawValue), and no next step is planned")
        }
        findings += try await payments.stuck(limit: Self.limit).map { call in
            finding(
                .paymentStuck, call.order, call.attempt,
                "has a call that Stripe does not accept: \(call.operation), tried \(call.tries) times until "
                    + "\(call.since), last error: \(call.error ?? "none")")
        }
        findings += try await payments.unreadable(limit: Self.limit).map { attempt in
            finding(
                .paymentUnreadable, attempt.order, attempt.number,
                "has a value that this build does not know: \(attempt.values)")
        }
        findings += try await unpublished().map { attempt in
            finding(
                .paymentEventMissing, attempt.order, attempt.number,
                "is \(attempt.state.rawValue), but its order is still \(attempt.status.rawValue)")
        }
        findings += try await payments.withoutAttempt(limit: Self.limit).map { order, claimed in
            finding(.captureMissing, order, claimed, "has claimed a confirmed order, and payments does not have it")
        }
        return findings
    }

    private func finding(_ kind: FindingKind, _ order: OrderID, _ attempt: Int, _ problem: String) -> Finding {
        Finding(kind: kind, service: .payments, subject: "\(order) \(attempt)", problem: problem)
    }

    /// Returns attempts that contradict the order's state, although the orders service has settled all payment events
    /// about the order.
    private func unpublished() async throws -> [PaymentsRepair.Attempt] {
        let (ordersPool, paymentsPool) = (try context.pool(of: .orders), try context.pool(of: .payments))
        let outbox = Outbox(service: .payments)
        let mark = Int64(
            clamping: try await context.stream(of: .payments).lowWaterMark(groups: [.orders]).settled.outboxID)
        let settled = max(mark, try await outbox.lastSettledID(on: paymentsPool))
        let attempts = try await payments.unpublished(limit: Self.limit)
        guard !attempts.isEmpty else { return [] }
        let orders = try await ServiceFacts<OrderState>.orders.find(attempts.map(\.order.uuid), on: ordersPool)
        let pending = try await outbox.latestVersions(
            of: attempts.map(\.order.description), after: settled, on: paymentsPool)
        return attempts.filter { attempt in
            // If the payments service's copy of the order is behind, the order itself may already have the result.
            // `CopyCheck` finds such a copy.
            pending[attempt.order.description] == nil && orders[attempt.order.uuid]?.status == attempt.status
        }
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        let words = finding.subject.split(separator: " ")
        guard words.count == 2, let order = OrderID(words[0]), let attempt = Int(words[1]) else { return .resolved }
        let now = try await context.now(of: .payments)
        switch finding.kind {
        case .paymentIdle:
            return try await payments.resume(order, attempt: attempt, now: now).map { .repaired($0) } ?? .resolved
        case .paymentEventMissing:
            guard try await unpublished().contains(where: { $0.order == order && $0.number == attempt }),
                try await payments.publish(order, attempt: attempt, now: now)
            else { return .resolved }
            return .repaired("payments has published it again")
        case .paymentStuck:
            return .manual(
                "find the reason in Stripe's dashboard, and remove the cause; then `gittix payments retry \(order)`")
        case .paymentUnreadable:
            return .manual("run the newer build that wrote the value; its workers retry within ten minutes")
        default:
            return .manual("look for the order's payment at Stripe; the doctor does so if STRIPE_SECRET_KEY is set")
        }
    }
}
