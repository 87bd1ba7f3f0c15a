import Marketplace
import RedisClient
import Streams
import Support
import Testing

/// Damage of facts, copies, deadlines and payments. The doctor finds and repairs each damage, a second run finds
/// nothing, and the system works afterwards.
@Suite(.timeLimit(.minutes(5)))
struct FactsTests {
    @Test func `each damage is found and repaired`() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.checkEach(Self.cases)
        #expect(
            try await fixture.database.count(
                "SELECT count(*) FROM orders.allocations GROUP BY ticket_id") == Self.unitsAtTheEnd)
    }

    /// At the end `unpaid` is confirmed, `other` is expired, and `spare` and `lost` are unpaid.
    private static let unitsAtTheEnd = 4

    static let cases: [DamageCase] = [
        DamageCase(name: "the counts of units are wrong", kinds: ["units"]) { fixture in
            try await fixture.database.execute("UPDATE orders.tickets SET held = held + 3, next_unit = 9")
        },
        DamageCase(name: "an order lost a unit", kinds: ["units"]) { fixture in
            try await fixture.database.execute(
                """
                DELETE FROM orders.allocations WHERE order_id = '\(fixture.unpaid)'
                    AND unit = (SELECT min(unit) FROM orders.allocations WHERE order_id = '\(fixture.unpaid)')
                """)
        },
        DamageCase(
            name: "a cancelled order has a unit, another order has too many, and an allocated unit is free",
            kinds: ["units"]
        ) {
            fixture in
            try await fixture.database.execute(
                """
                INSERT INTO orders.allocations VALUES ('\(fixture.ticket)', 8, '\(fixture.cancelled)'),
                    ('\(fixture.ticket)', 9, '\(fixture.other)');
                INSERT INTO orders.free_units VALUES ('\(fixture.ticket)', 1)
                """)
        },
        DamageCase(name: "the counts of a listing are wrong", kinds: ["counts"]) { fixture in
            try await fixture.database.execute("UPDATE tickets.tickets SET held = 7, sold = 1")
        },
        DamageCase(name: "a copy is behind", kinds: ["copy"]) { fixture in
            try await fixture.database.execute(
                "UPDATE tickets.orders SET version = 0 WHERE order_id = '\(fixture.unpaid)'")
        },
        DamageCase(name: "a copy is missing", kinds: ["copy"]) { fixture in
            try await fixture.database.execute("DELETE FROM payments.orders WHERE id = '\(fixture.lost)'")
        },
        DamageCase(
            name: "a copy is ahead of its restored source", kinds: ["copy"],
            damage: { fixture in
                try await fixture.database.execute("UPDATE orders.tickets SET version = 50, price = 1")
            }, after: { _ in "SELECT version = 51 AND price = 4500 FROM orders.tickets" }),
        DamageCase(
            name: "a copy differs in the same version", kinds: ["copy"],
            damage: { fixture in
                try await fixture.database.execute(
                    "UPDATE orders.users SET status = 'banned' WHERE id = '\(fixture.seller)'")
            }, after: { "SELECT status = 'active' FROM orders.users WHERE id = '\($0.seller)'" }),
        DamageCase(
            name: "the source of two copies does not exist", kinds: ["copy", "copy"],
            damage: { fixture in
                let id = OrderID.new()
                try await fixture.database.execute(
                    """
                    INSERT INTO tickets.orders VALUES ('\(id)', '\(fixture.ticket)', 3, 'awaiting_payment', 1);
                    UPDATE tickets.tickets SET held = held + 3;
                    INSERT INTO payments.orders VALUES ('\(id)', '\(fixture.buyer)', 'A ticket', 3, 4500, 13500, 'USD',
                        'confirmed', 1, now(), 2, 1);
                    INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, intent_id,
                        session_expires_at, look_at, created_at, updated_at)
                    VALUES ('\(id)', 1, 'captured', 13500, 'USD', 'cs_test_lost', 'pi_lost', now(), NULL,
                        now(), now())
                    """)
            },
            after: { _ in
                """
                SELECT attempts.state = 'refunding' AND calls.state = 'pending' AND calls.operation = 'refund'
                FROM payments.attempts JOIN payments.calls ON calls.order_id = attempts.order_id
                WHERE session_id = 'cs_test_lost'
                """
            }),
        DamageCase(
            name: "a performance has no copy", kinds: ["copy"],
            damage: { fixture in
                let id = PerformanceID.new()
                try await fixture.database.execute(
                    """
                    INSERT INTO catalogue.performances (id, event_id, event_version, title, category, performers,
                        venue_id, venue_version, venue, city, country, time_zone, starts_at, status, version,
                        created_at, updated_at)
                    VALUES ('\(id)', '\(id)', 1, 'Vespertine', 'concert', '{}', '\(id)', 1, 'Harpa', 'Reykjavík', 'IS',
                        'Atlantic/Reykjavik', '2099-08-01', 'scheduled', 1, now(), now())
                    """)
            }, after: { _ in "SELECT status = 'scheduled' FROM tickets.performances WHERE title = 'Vespertine'" }),
        DamageCase(
            name: "the source of a copied performance does not exist", kinds: ["copy"],
            damage: { fixture in
                let id = PerformanceID.new()
                try await fixture.database.execute(
                    """
                    INSERT INTO tickets.performances (id, event_id, title, category, venue, city, country, time_zone,
                        starts_at, status, version)
                    VALUES ('\(id)', '\(id)', 'Lost', 'concert', 'Harpa', 'Reykjavík', 'IS', 'Atlantic/Reykjavik',
                        '2099-08-01', 'scheduled', 1)
                    """)
            }, after: { _ in "SELECT status = 'rejected' FROM tickets.performances WHERE title = 'Lost'" }),
        DamageCase(name: "a timer is missing and another is wrong", kinds: ["deadline", "deadline"]) { fixture in
            let holds = fixture.keys.timers(TimerName(.orders, .hold))
            _ = try await fixture.harness.redis("ZREM", holds, fixture.other.description)
            _ = try await fixture.harness.redis("ZADD", holds, "99999999999999", fixture.spare.description)
        },
        DamageCase(
            name: "the hold of an order has ended", kinds: ["overdue"],
            damage: { fixture in
                try await fixture.database.execute(
                    """
                    UPDATE orders.orders SET expires_at = expires_at - interval '2 hours' WHERE id = '\(fixture.other)';
                    UPDATE payments.orders SET expires_at = expires_at - interval '2 hours' WHERE id = '\(fixture.other)'
                    """)
            }, after: { "SELECT reason = 'expired' FROM orders.orders WHERE id = '\($0.other)'" }),
        DamageCase(
            name: "no step is planned for the authorization of a cancelled order", kinds: ["payment-idle"],
            damage: { try await $0.attempt(1, of: $0.cancelled, "authorized") },
            then: { "SELECT look_at <= now() FROM payments.attempts WHERE order_id = '\($0.cancelled)' AND number = 1" }
        ),
        DamageCase(
            name: "no step is planned for the captured payment of a cancelled order", kinds: ["payment-idle"],
            damage: { fixture in
                try await fixture.database.execute(
                    "UPDATE payments.attempts SET state = 'captured', look_at = NULL WHERE order_id = '\(fixture.cancelled)'"
                )
            },
            then: { "SELECT look_at <= now() FROM payments.attempts WHERE order_id = '\($0.cancelled)' AND number = 1" }
        ),
        DamageCase(
            name: "an attempt never had a page", kinds: ["payment-idle"],
            damage: { fixture in
                try await fixture.attempt(1, of: fixture.spare, "opening")
                try await fixture.database.execute(
                    "UPDATE payments.attempts SET session_id = NULL WHERE order_id = '\(fixture.spare)'")
            },
            then: { "SELECT state = 'dead' FROM payments.attempts WHERE order_id = '\($0.spare)' AND number = 1" }),
        DamageCase(
            name: "orders does not know an authorization", kinds: ["payment-event-missing"],
            damage: { fixture in
                try await fixture.attempt(1, of: fixture.unpaid, "authorized", pollIn: "1 hour")
            },
            after: {
                "SELECT status = 'confirmed' AND attempt = 1 FROM orders.orders WHERE id = '\($0.unpaid)'"
            }),
        DamageCase(
            name: "a command has no reply", kinds: ["command-unanswered"],
            damage: { fixture in
                try await fixture.database.execute(
                    """
                    INSERT INTO orders.inbox (id, actor, type, received_at)
                    VALUES ('\(fixture.ticket)', '\(fixture.buyer)', 'CancelOrder', now() - interval '1 hour')
                    """)
            }, after: { "SELECT outcome = 'refused' AND reply IS NOT NULL FROM orders.inbox WHERE id = '\($0.ticket)'" }
        ),
    ]

    @Test func `damage that needs an operator stays and is explained`() async throws {
        let fixture = try await DoctorFixture()
        try await fixture.database.execute(
            """
            UPDATE orders.orders SET status = 'confirmed', attempt = 1 WHERE id = '\(fixture.unpaid)';
            UPDATE payments.orders SET status = 'confirmed', claimed = 1 WHERE id = '\(fixture.unpaid)';
            UPDATE tickets.orders SET status = 'confirmed' WHERE order_id = '\(fixture.unpaid)'
            """)
        try await fixture.attempt(1, of: fixture.cancelled, "refunding", pollIn: "1 day")
        try await fixture.database.execute(
            """
            INSERT INTO payments.calls (order_id, attempt, operation, try, state, request, due_at, error, repeats,
                stuck_at, created_at, updated_at)
            VALUES ('\(fixture.cancelled)', 1, 'refund', 12, 'refused', '{}', now(), 'charge_disputed', 11, now(), now(),
                now())
            """)
        try await fixture.attempt(1, of: fixture.lost, "open", pollIn: "1 minute")
        try await fixture.database.execute(
            "UPDATE payments.attempts SET currency = 'XTS' WHERE order_id = '\(fixture.lost)'")
        _ = try await fixture.harness.redis("XADD", fixture.keys.deadLetters(.orders), "*", "error", "why")
        for words in [[], ["--fix"], ["--fix"]] as [[String]] {
            let result = try await fixture.doctor(words)
            #expect(result.status == 1, "\(result.output)")
            #expect(result.has("capture-missing · payments · \(fixture.unpaid) 1 "), "\(result.output)")
            #expect(result.has("payment-stuck · payments · \(fixture.cancelled) 1 "), "\(result.output)")
            #expect(result.has("gittix payments retry \(fixture.cancelled)") == !words.isEmpty, "\(result.output)")
            #expect(result.has("payment-unreadable · payments · \(fixture.lost) 1 "), "\(result.output)")
            #expect(result.has("dead-letters · orders · dead · has 1 entries"), "\(result.output)")
            #expect(result.has("gittix dead list orders") == !words.isEmpty, "\(result.output)")
        }
        #expect(try await fixture.harness.count("XLEN", fixture.keys.deadLetters(.orders)) == 1)

        let list = try await fixture.harness.gittix("payments", "stuck")
        #expect(list.has("\(fixture.cancelled)") && list.has("charge_disputed"), "\(list.output)")
        try await fixture.harness.runWorkers("payments") {
            let retried = try await fixture.harness.gittix("payments", "retry", "\(fixture.cancelled)")
            #expect(retried.status == 0 && retried.has("1 stuck calls will be tried again"), "\(retried.output)")
            let again = try await fixture.harness.gittix("payments", "retry", "\(fixture.cancelled)")
            #expect(again.status != 0 && again.has("No call of this order is stuck"), "\(again.output)")
        }
        #expect(try await fixture.harness.gittix("payments", "stuck").output == "No call is stuck.")
    }
}

extension DoctorFixture {
    fileprivate func attempt(
        _ number: Int, of order: OrderID, _ state: String, pollIn: String? = nil
    ) async throws {
        let pollAt = pollIn.map { "now() + interval '\($0)'" } ?? "NULL"
        try await database.execute(
            """
            INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, intent_id,
                session_expires_at, look_at, created_at, updated_at)
            VALUES ('\(order)', \(number), '\(state)', 9000, 'USD', 'cs_test_\(order)', 'pi_\(order)', now(), \(pollAt),
                now(), now())
            """)
    }
}
