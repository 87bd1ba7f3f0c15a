import Foundation
import Support

/// Checks the state of an idle system: copies agree with their originals, streams with outboxes, and orders with
/// Stripe.
struct ConsistencyCheck {
    private let system: SystemHarness

    init(_ system: SystemHarness) { self.system = system }

    /// Waits until the databases of all services agree. If they do not agree in time, throws an error that lists the
    /// differences.
    func waitUntilConsistent(within limit: Duration = .seconds(20)) async throws {
        var differences: [String] = []
        do {
            try await eventually("all services agree", within: limit, every: .milliseconds(200)) {
                differences = try await system.database.column(Self.differences)
                return differences.isEmpty
            }
        } catch {
            throw SupportError(
                "\(error)\n\(differences.prefix(20).joined(separator: "\n"))\n(\(differences.count) in total)")
        }
    }

    /// One row for each difference.
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
        SELECT 'duplicate event version of users: ' || subject FROM users.outbox GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'duplicate event version of tickets: ' || subject FROM tickets.outbox
            GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'duplicate event version of orders: ' || subject FROM orders.outbox
            GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'duplicate event version of payments: ' || subject FROM payments.outbox
            GROUP BY subject, version HAVING count(*) > 1
        UNION ALL
        SELECT 'missing event of orders: ' || id FROM orders.orders AS own
            WHERE version <> (SELECT count(*) FROM orders.outbox WHERE subject = own.id::text)
        """

    /// Waits until a stream equals its outbox: the same events, with the row ids as stream ids, in the same order.
    ///
    /// - Parameter isUntrimmed: True if the stream was not trimmed, because one of its groups has read nothing yet.
    func waitUntilStreamMatchesOutbox(of service: String, isUntrimmed: Bool) async throws {
        let key = "gittix:events:{\(service)}"
        let script = """
            local lines = {}
            for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
                lines[#lines + 1] = entry[1] .. ' ' .. entry[2][2]
            end
            return lines
            """
        try await eventually("the stream \(key) equals its outbox") {
            let rows = try await system.database.column(
                "SELECT id || '-0 ' || event_id FROM \(service).outbox ORDER BY id")
            let entries = try await system.redis.command("EVAL", script, "1", key)
                .split(separator: "\n").map(String.init)
            let expected = isUntrimmed ? rows : rows.suffix(entries.count)
            return entries == expected
        }
    }

    /// Waits until Stripe's amounts match the orders: a complete order is captured once, and a cancelled order has
    /// nothing captured or authorised.
    func waitUntilMoneyMatches(within limit: Duration = .seconds(30)) async throws {
        var differences: [String] = []
        do {
            try await eventually("Stripe's amounts match the orders", within: limit, every: .milliseconds(500)) {
                differences = try await amountMismatches()
                return differences.isEmpty
            }
        } catch {
            throw SupportError(
                "\(error)\n\(differences.prefix(20).joined(separator: "\n"))\n(\(differences.count) in total)")
        }
    }

    private func amountMismatches() async throws -> [String] {
        let record = try await system.stripe("/_sandbox/record")
        let intents = Dictionary(grouping: record["payment_intents"].items) { $0["order_id"].string ?? "" }
        let orders = try await system.database.rows("SELECT id, status, total FROM orders.orders")
        return orders.compactMap { order in
            let captured = (intents[order[0]] ?? []).reduce(0) {
                $0 + ($1["captured"].int ?? 0) - ($1["refunded"].int ?? 0)
            }
            let authorized = (intents[order[0]] ?? []).reduce(0) { $0 + ($1["authorized"].int ?? 0) }
            let due = order[1] == "complete" ? Int(order[2]) : 0
            let isFinal = order[1] == "complete" || order[1] == "cancelled"
            return isFinal && captured == due && authorized == 0
                ? nil
                : "order \(order[0]) is \(order[1]) with total \(order[2]): captured \(captured), authorised \(authorized)"
        }
    }
}
