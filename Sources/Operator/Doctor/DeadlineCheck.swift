import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams

/// Finds unpaid orders with a missing or wrong deadline, and unpaid orders whose hold has ended.
struct DeadlineCheck: Check {
    let context: OperatorContext
    let orders: OrdersRepair
    /// Maximum time that the deadline and the sweep may take to expire an order.
    let maxDelay: Duration

    private static let pageSize = 2000

    func scan() async throws -> [Finding] {
        let pool = try context.pool(of: .orders)
        let stream = context.stream(of: .orders)
        let mark = Int64(clamping: try await stream.lowWaterMark(groups: [.expiration]).settled.outboxID)
        let settled = max(mark, try await Outbox(service: .orders).lowWaterMark(on: pool))
        let deadlines = Deadlines(redis: context.redis, keys: context.keys)
        var findings: [Finding] = []
        var last: OrderID?
        repeat {
            let page = try await orders.unpaid(after: last, limit: Self.pageSize)
            last = page.last?.id
            let due = try await deadlines.due(of: page.map(\.id))
            let now = try await context.now(of: .orders)
            findings += page.filter { $0.expiresAt + maxDelay < now }.map {
                finding(.overdue, $0, "is unpaid, and its hold ended at \($0.expiresAt)")
            }
            let suspects = page.filter { $0.expiresAt > now && due[$0.id] != $0.expiresAt.milliseconds }
            let pending = try await Outbox(service: .orders).latestVersions(
                of: suspects.map(\.id.description), after: settled, on: pool)
            findings += suspects.filter { pending[$0.id.description] == nil }.map { order in
                let deadline = due[order.id].map { "the deadline \(Timestamp(milliseconds: $0))" } ?? "no deadline"
                return finding(.deadline, order, "has \(deadline) in Redis, and its hold ends at \(order.expiresAt)")
            }
        } while last != nil && findings.count < Self.limit
        return findings
    }

    private func finding(_ kind: FindingKind, _ order: OrdersRepair.Unpaid, _ problem: String) -> Finding {
        Finding(kind: kind, service: .orders, subject: order.id.description, problem: problem)
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard let id = OrderID(finding.subject), let order = try await orders.unpaid(id) else { return .resolved }
        if finding.kind == .overdue {
            try await context.decider(of: .orders).expire(
                OrderExpiry(orderId: order.id, expiresAt: order.expiresAt))
            return .repaired("orders has expired it")
        }
        try await Deadlines(redis: context.redis, keys: context.keys).arm([(order.id, order.expiresAt)])
        return .repaired("its deadline is set")
    }
}
