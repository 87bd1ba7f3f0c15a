import Marketplace
import RedisClient
import Streams
import Support
import Testing

/// Facts, copies, deadlines and payments, damaged in each of their ways: found, mended, and clean on the second run;
/// and in the end the system works on and agrees with itself.
@Suite(.timeLimit(.minutes(5)))
struct FactsTests {
    @Test func `each damage is found, mended, and gone`() async throws {
        let patient = try await Patient()
        try await patient.suffers(Self.illnesses)
        #expect(
            try await patient.database.count(
                "SELECT count(*) FROM orders.allocations GROUP BY ticket_id") == Self.unitsInTheEnd)
    }

    /// `unpaid` is confirmed, `other` expired, `spare` and `lost` await their money.
    private static let unitsInTheEnd = 4

    static let illnesses: [Illness] = [
        Illness(name: "units are counted wrong", kinds: ["units"]) { patient in
            try await patient.database.execute("UPDATE orders.tickets SET held = held + 3, next_unit = 9")
        },
        Illness(name: "a live order lost a unit", kinds: ["units"]) { patient in
            try await patient.database.execute(
                """
                DELETE FROM orders.allocations WHERE order_id = '\(patient.unpaid)'
                    AND unit = (SELECT min(unit) FROM orders.allocations WHERE order_id = '\(patient.unpaid)')
                """)
        },
        Illness(name: "a dead order has a unit, a live one too many, and a free one is given", kinds: ["units"]) {
            patient in
            try await patient.database.execute(
                """
                INSERT INTO orders.allocations VALUES ('\(patient.ticket)', 8, '\(patient.dead)'),
                    ('\(patient.ticket)', 9, '\(patient.other)');
                INSERT INTO orders.free_units VALUES ('\(patient.ticket)', 1)
                """)
        },
        Illness(name: "a listing counts its orders wrong", kinds: ["counts"]) { patient in
            try await patient.database.execute("UPDATE tickets.tickets SET held = 7, sold = 1")
        },
        Illness(name: "a copy is behind", kinds: ["copy"]) { patient in
            try await patient.database.execute(
                "UPDATE tickets.orders SET version = 0 WHERE order_id = '\(patient.unpaid)'")
        },
        Illness(name: "a copy is missing", kinds: ["copy"]) { patient in
            try await patient.database.execute("DELETE FROM payments.orders WHERE id = '\(patient.lost)'")
        },
        Illness(
            name: "a copy is ahead of a restored owner", kinds: ["copy"],
            damage: { patient in
                try await patient.database.execute("UPDATE orders.tickets SET version = 50, price = 1")
            }, after: { _ in "SELECT version = 51 AND price = 4500 FROM orders.tickets" }),
        Illness(
            name: "a copy differs in the same version", kinds: ["copy"],
            damage: { patient in
                try await patient.database.execute(
                    "UPDATE orders.users SET status = 'banned' WHERE id = '\(patient.seller)'")
            }, after: { "SELECT status = 'active' FROM orders.users WHERE id = '\($0.seller)'" }),
        Illness(
            name: "a copy of an order that its owner has forgotten", kinds: ["copy", "copy"],
            damage: { patient in
                let id = OrderID.new()
                try await patient.database.execute(
                    """
                    INSERT INTO tickets.orders VALUES ('\(id)', '\(patient.ticket)', 3, 'awaiting_payment', 1);
                    UPDATE tickets.tickets SET held = held + 3;
                    INSERT INTO payments.orders VALUES ('\(id)', '\(patient.buyer)', 'A ticket', 3, 4500, 13500, 'USD',
                        'confirmed', 1, now(), 2, 1);
                    INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, intent_id,
                        session_expires_at, look_at, created_at, updated_at)
                    VALUES ('\(id)', 1, 'captured', 13500, 'USD', 'cs_test_forgotten', 'pi_forgotten', now(), NULL,
                        now(), now())
                    """)
            },
            after: { _ in
                """
                SELECT attempts.state = 'refunding' AND calls.state = 'pending' AND calls.operation = 'refund'
                FROM payments.attempts JOIN payments.calls ON calls.order_id = attempts.order_id
                WHERE session_id = 'cs_test_forgotten'
                """
            }),
        Illness(name: "a hold that never ends", kinds: ["deadline", "deadline"]) { patient in
            _ = try await patient.ward.redis("ZREM", patient.keys.deadlines, patient.other.description)
            _ = try await patient.ward.redis(
                "ZADD", patient.keys.deadlines, "99999999999999", patient.spare.description)
        },
        Illness(
            name: "an order that is past its hold", kinds: ["overdue"],
            damage: { patient in
                try await patient.database.execute(
                    """
                    UPDATE orders.orders SET expires_at = expires_at - interval '2 hours' WHERE id = '\(patient.other)';
                    UPDATE payments.orders SET expires_at = expires_at - interval '2 hours' WHERE id = '\(patient.other)'
                    """)
            }, after: { "SELECT reason = 'expired' FROM orders.orders WHERE id = '\($0.other)'" }),
        Illness(
            name: "a dead order's reservation that nobody looks at", kinds: ["payment-idle"],
            damage: { try await $0.attempt(1, of: $0.dead, "authorized") },
            then: { "SELECT look_at <= now() FROM payments.attempts WHERE order_id = '\($0.dead)' AND number = 1" }),
        Illness(
            name: "what a dead order had taken is not given back", kinds: ["payment-idle"],
            damage: { patient in
                try await patient.database.execute(
                    "UPDATE payments.attempts SET state = 'captured', look_at = NULL WHERE order_id = '\(patient.dead)'"
                )
            },
            then: { "SELECT look_at <= now() FROM payments.attempts WHERE order_id = '\($0.dead)' AND number = 1" }),
        Illness(
            name: "an attempt that never had a page", kinds: ["payment-idle"],
            damage: { patient in
                try await patient.attempt(1, of: patient.spare, "opening")
                try await patient.database.execute(
                    "UPDATE payments.attempts SET session_id = NULL WHERE order_id = '\(patient.spare)'")
            },
            then: { "SELECT state = 'dead' FROM payments.attempts WHERE order_id = '\($0.spare)' AND number = 1" }),
        Illness(
            name: "money is reserved, and orders has not heard of it", kinds: ["payment-untold"],
            damage: { patient in
                try await patient.attempt(1, of: patient.unpaid, "authorized", looksIn: "1 hour")
            },
            after: {
                "SELECT status = 'confirmed' AND attempt = 1 FROM orders.orders WHERE id = '\($0.unpaid)'"
            }),
        Illness(
            name: "a command without an answer", kinds: ["command-unanswered"],
            damage: { patient in
                try await patient.database.execute(
                    """
                    INSERT INTO orders.inbox (id, actor, type, received_at)
                    VALUES ('\(patient.ticket)', '\(patient.buyer)', 'CancelOrder', now() - interval '1 hour')
                    """)
            }, after: { "SELECT outcome = 'refused' AND reply IS NOT NULL FROM orders.inbox WHERE id = '\($0.ticket)'" }
        ),
    ]

    @Test func `what it can't mend it leaves, and says what to do`() async throws {
        let patient = try await Patient()
        try await patient.database.execute(
            """
            UPDATE orders.orders SET status = 'confirmed', attempt = 1 WHERE id = '\(patient.unpaid)';
            UPDATE payments.orders SET status = 'confirmed', claimed = 1 WHERE id = '\(patient.unpaid)';
            UPDATE tickets.orders SET status = 'confirmed' WHERE order_id = '\(patient.unpaid)'
            """)
        _ = try await patient.ward.redis("XADD", patient.keys.dead(.orders), "*", "error", "why")
        for words in [[], ["--fix"], ["--fix"]] as [[String]] {
            let result = try await patient.doctor(words)
            #expect(result.status == 1, "\(result.output)")
            #expect(result.has("capture-missing · payments · \(patient.unpaid) 1 "), "\(result.output)")
            #expect(result.has("dead-letters · orders · dead · 1 entries were given up on"), "\(result.output)")
            #expect(result.has("gittix dead list orders") == !words.isEmpty, "\(result.output)")
        }
        #expect(try await patient.ward.count("XLEN", patient.keys.dead(.orders)) == 1)
    }
}

extension Patient {
    fileprivate func attempt(
        _ number: Int, of order: OrderID, _ state: String, looksIn: String? = nil
    ) async throws {
        let look = looksIn.map { "now() + interval '\($0)'" } ?? "NULL"
        try await database.execute(
            """
            INSERT INTO payments.attempts (order_id, number, state, amount, currency, session_id, intent_id,
                session_expires_at, look_at, created_at, updated_at)
            VALUES ('\(order)', \(number), '\(state)', 9000, 'USD', 'cs_test_\(order)', 'pi_\(order)', now(), \(look),
                now(), now())
            """)
    }
}
