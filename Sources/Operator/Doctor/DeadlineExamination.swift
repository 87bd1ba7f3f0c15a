import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams

/// Unpaid orders whose hold nobody will end, and those whose hold is over and was not ended.
struct DeadlineExamination: Examination {
    let surgery: Surgery
    let repair: OrdersRepair
    /// By how much clock and sweep may be late.
    let latest: Duration

    private static let page = 2000

    func look() async throws -> [Finding] {
        let orders = try surgery.pool(of: .orders)
        let stream = surgery.stream(of: .orders)
        let mark = Int64(clamping: try await stream.lowWater(groups: [.expiration]).settled.outboxID)
        let settled = max(mark, try await Outbox(service: .orders).lowWater(on: orders))
        let deadlines = Deadlines(redis: surgery.redis, keys: surgery.keys)
        var findings: [Finding] = []
        var last: OrderID?
        repeat {
            let page = try await repair.unpaid(after: last, limit: Self.page)
            last = page.last?.id
            let due = try await deadlines.due(of: page.map(\.id))
            let now = try await surgery.now(of: .orders)
            findings += page.filter { $0.expiresAt + latest < now }.map {
                finding(.overdue, $0, "its hold was over at \($0.expiresAt), and it still waits")
            }
            let suspects = page.filter { $0.expiresAt > now && due[$0.id] != $0.expiresAt.milliseconds }
            let told = try await Outbox(service: .orders).told(
                of: suspects.map(\.id.description), after: settled, on: orders)
            findings += suspects.filter { told[$0.id.description] == nil }.map { order in
                let armed = due[order.id].map { "ends at \(Timestamp(milliseconds: $0))" } ?? "never ends"
                return finding(.deadline, order, "its hold \(armed) in Redis, and at \(order.expiresAt) in truth")
            }
        } while last != nil && findings.count < Self.limit
        return findings
    }

    private func finding(_ kind: Ailment, _ order: OrdersRepair.Unpaid, _ what: String) -> Finding {
        Finding(kind: kind, service: .orders, subject: order.id.description, what: what)
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        guard let id = OrderID(finding.subject), let order = try await repair.unpaid(id) else { return .healed }
        if finding.kind == .overdue {
            try await surgery.decide([
                OrdersEvent.expired(OrderExpiry(orderId: order.id, expiresAt: order.expiresAt))
            ])
            return .mended("expired, as the orders service does it")
        }
        try await Deadlines(redis: surgery.redis, keys: surgery.keys).arm([(order.id, order.expiresAt)])
        return .mended("armed")
    }
}
