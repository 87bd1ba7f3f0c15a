import Foundation
import Support

/// What must agree when everything has come to rest: each service's facts, the others' copies of them, and the streams.
struct Books {
    private let system: System

    init(_ system: System) { self.system = system }

    /// Waits until everything agrees; throws with what does not.
    func balance(within limit: Duration = .seconds(20)) async throws {
        var wrong: [String] = []
        do {
            try await eventually("the books balance", within: limit, every: .milliseconds(200)) {
                wrong = try await system.database.column(Self.differences)
                return wrong.isEmpty
            }
        } catch {
            throw SupportError("\(error)\n\(wrong.prefix(20).joined(separator: "\n"))\n(\(wrong.count) in all)")
        }
    }

    /// A line for each thing that is not as it must be.
    private static let differences = """
        SELECT 'tickets.users: ' || id FROM users.users AS own LEFT JOIN tickets.users AS copy USING (id)
            WHERE copy.version IS DISTINCT FROM own.version
        UNION ALL
        SELECT 'orders.users: ' || id FROM users.users AS own LEFT JOIN orders.users AS copy USING (id)
            WHERE copy.version IS DISTINCT FROM own.version
        UNION ALL
        SELECT 'orders.tickets: ' || id FROM tickets.tickets AS own LEFT JOIN orders.tickets AS copy USING (id)
            WHERE copy.version IS DISTINCT FROM own.version
        UNION ALL
        SELECT 'tickets.orders: ' || id FROM orders.orders AS own
            LEFT JOIN tickets.orders AS copy ON copy.order_id = own.id
            WHERE (copy.version, copy.status) IS DISTINCT FROM (own.version, own.status)
        UNION ALL
        SELECT 'payments.orders: ' || id FROM orders.orders AS own LEFT JOIN payments.orders AS copy USING (id)
            WHERE (copy.version, copy.status) IS DISTINCT FROM (own.version, own.status)
        UNION ALL
        SELECT 'allocations of order ' || id FROM orders.orders AS own
            WHERE CASE WHEN status = 'cancelled' THEN 0 ELSE quantity END
                <> (SELECT count(*) FROM orders.allocations WHERE order_id = own.id AND ticket_id = own.ticket_id)
        UNION ALL
        SELECT 'units held of ' || id FROM orders.tickets AS own
            WHERE held <> (SELECT count(*) FROM orders.allocations WHERE ticket_id = own.id)
        UNION ALL
        SELECT 'free units of ' || id FROM orders.tickets AS own
            WHERE next_unit - 1 - held <> (SELECT count(*) FROM orders.free_units WHERE ticket_id = own.id)
        UNION ALL
        SELECT 'counts of listing ' || listing.id FROM tickets.tickets AS listing
            JOIN orders.tickets AS offer USING (id) WHERE listing.held + listing.sold <> offer.held
        UNION ALL
        SELECT 'event told twice by users: ' || subject FROM users.outbox GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'event told twice by tickets: ' || subject FROM tickets.outbox
            GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'event told twice by orders: ' || subject FROM orders.outbox
            GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'event told twice by payments: ' || subject FROM payments.outbox
            GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'event not told by orders: ' || id FROM orders.orders AS own
            WHERE version <> (SELECT count(*) FROM orders.outbox WHERE subject = own.id::text)
        """

    /// Waits until a stream is its outbox: the same events, under the rows' numbers, in their order, and no other.
    ///
    /// - Parameter isWhole: Whether nothing was trimmed, because one of the stream's groups has read nothing yet.
    func stream(of service: String, isWhole: Bool) async throws {
        let key = "gittix:events:{\(service)}"
        let script = """
            local lines = {}
            for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
                lines[#lines + 1] = entry[1] .. ' ' .. entry[2][2]
            end
            return lines
            """
        try await eventually("the stream \(key) is its outbox") {
            let rows = try await system.database.column(
                "SELECT id || '-0 ' || event_id FROM \(service).outbox ORDER BY id")
            let entries = try await system.redis.command("EVAL", script, "1", key)
                .split(separator: "\n").map(String.init)
            let expected = isWhole ? rows : rows.suffix(entries.count)
            return entries == expected
        }
    }

    /// Waits until the money is where the orders say: taken once for what is complete, and nothing taken or held for
    /// anything else.
    func money(within limit: Duration = .seconds(30)) async throws {
        var wrong: [String] = []
        do {
            try await eventually("the money is where it belongs", within: limit, every: .milliseconds(500)) {
                wrong = try await moneyOutOfPlace()
                return wrong.isEmpty
            }
        } catch {
            throw SupportError("\(error)\n\(wrong.prefix(20).joined(separator: "\n"))\n(\(wrong.count) in all)")
        }
    }

    private func moneyOutOfPlace() async throws -> [String] {
        let record = try await system.stripe("/_sandbox/record")
        let intents = Dictionary(grouping: record["payment_intents"].items) { $0["order_id"].string ?? "" }
        let orders = try await system.database.rows("SELECT id, status, total FROM orders.orders")
        return orders.compactMap { order in
            let taken = (intents[order[0]] ?? []).reduce(0) {
                $0 + ($1["captured"].int ?? 0) - ($1["refunded"].int ?? 0)
            }
            let held = (intents[order[0]] ?? []).reduce(0) { $0 + ($1["authorized"].int ?? 0) }
            let due = order[1] == "complete" ? Int(order[2]) : 0
            let isRight = order[1] == "complete" || order[1] == "cancelled"
            return isRight && taken == due && held == 0
                ? nil : "order \(order[0]) is \(order[1]), its total \(order[2]): taken \(taken), held \(held)"
        }
    }
}
