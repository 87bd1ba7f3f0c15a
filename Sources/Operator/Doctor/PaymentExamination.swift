import Marketplace
import PostgresClient
import Storage
import Streams

/// Attempts to pay whose next step nobody will take, or of whose money orders does not know.
struct PaymentExamination: Examination {
    let surgery: Surgery
    let repair: PaymentsRepair

    func look() async throws -> [Finding] {
        var findings = try await repair.idle(limit: Self.limit).map { attempt in
            finding(
                .paymentIdle, attempt.order, attempt.number,
                "is \(attempt.state.rawValue), of an order that is \(attempt.status.rawValue), and nobody looks at it")
        }
        findings += try await untold().map { attempt in
            finding(
                .paymentUntold, attempt.order, attempt.number,
                "is \(attempt.state.rawValue), and orders, which has not heard of it, has \(attempt.status.rawValue)")
        }
        findings += try await repair.withoutAttempt(limit: Self.limit).map { order, claimed in
            finding(.captureMissing, order, claimed, "has claimed a confirmed order, and payments knows nothing of it")
        }
        return findings
    }

    private func finding(_ kind: Ailment, _ order: OrderID, _ attempt: Int, _ what: String) -> Finding {
        Finding(kind: kind, service: .payments, subject: "\(order) \(attempt)", what: what)
    }

    /// What orders' state contradicts although it has settled all that payments has told of the order.
    private func untold() async throws -> [PaymentsRepair.Attempt] {
        let (orders, payments) = (try surgery.pool(of: .orders), try surgery.pool(of: .payments))
        let outbox = Outbox(service: .payments)
        let mark = Int64(
            clamping: try await surgery.stream(of: .payments).lowWater(groups: [.orders]).settled.outboxID)
        let settled = max(mark, try await outbox.lowWater(on: payments))
        let attempts = try await repair.untold(limit: Self.limit)
        guard !attempts.isEmpty else { return [] }
        let owned = try await Facts<OrderState>.orders.find(attempts.map(\.order.uuid), on: orders)
        let told = try await outbox.told(of: attempts.map(\.order.description), after: settled, on: payments)
        return attempts.filter { attempt in
            // Where the copy is behind, the order may know all: the copies are another examination's.
            told[attempt.order.description] == nil && owned[attempt.order.uuid]?.status == attempt.status
        }
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        let words = finding.subject.split(separator: " ")
        guard words.count == 2, let order = OrderID(words[0]), let attempt = Int(words[1]) else { return .healed }
        let now = try await surgery.now(of: .payments)
        switch finding.kind {
        case .paymentIdle:
            return try await repair.wake(order, attempt: attempt, now: now).map { .mended($0) } ?? .healed
        case .paymentUntold:
            guard try await untold().contains(where: { $0.order == order && $0.number == attempt }),
                try await repair.tell(order, attempt: attempt, now: now)
            else { return .healed }
            return .mended("payments tells of it again")
        default:
            return .left("look for the order's payment at Stripe: with STRIPE_SECRET_KEY set the doctor does")
        }
    }
}
