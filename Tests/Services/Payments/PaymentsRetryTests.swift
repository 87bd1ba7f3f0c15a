import Marketplace
import PostgresClient
import Stripe
import Testing

@testable import Services

/// Requests that Stripe does not answer for a while or refuses permanently, and payments that this build can't read.
@Suite(.serialized) struct PaymentsRetryTests {
    // MARK: Polls that fail

    @Test func aPollThatAHintAskedForIsRepeatedSoon() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.sandbox.fail(
            #"{"operation": "checkout.sessions.retrieve", "kind": "status", "status": 503, "times": 3}"#)
        try await harness.hint()
        try await harness.callStripe()
        #expect(try await harness.states() == ["open"])
        // The retries are due after 1, 2 and 4 seconds.
        for seconds in [1, 2, 4] {
            harness.advance(.seconds(seconds))
            try await harness.callStripe()
        }
        #expect(try await harness.states() == ["authorized"])
        try await harness.settle()
        #expect(harness.orderState?.status == .complete)
        #expect(
            try await harness.pool.query("SELECT look_failures FROM payments.attempts").decode(Int.self) == [0])
    }

    // MARK: Calls that are refused permanently

    /// Causes a refund that Stripe refuses this many times.
    private func refuseRefund(_ harness: PaymentsHarness, times: Int) async throws {
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.hint()
        try await harness.callStripe()
        let intent = try #require(try await harness.record().payment_intents.first?.id)
        _ = try await harness.stripe.send(.capturePaymentIntent(intent, key: "by hand"))
        try await harness.sandbox.fail(
            #"{"operation": "refunds.create", "kind": "status", "status": 400, "times": \#(times)}"#)
        try await harness.cancelOrder()
    }

    @Test func aRefundThatIsRefusedForADayIsStuckUntilAnOperatorRetriesIt() async throws {
        let harness = try await PaymentsHarness()
        try await refuseRefund(harness, times: PaymentTimes.tries.limit)
        for _ in 0..<PaymentTimes.tries.limit {
            try await harness.settle()
            let due = try await harness.pool.query("SELECT due_at FROM payments.calls WHERE state = 'pending'")
                .decode(Timestamp.self)
            if let due = due.first { harness.advance(due - harness.now) }
        }
        let tries = (1..<PaymentTimes.tries.limit).map { "refund \($0) refused" }
        let refused = try await harness.calls().filter { $0.hasPrefix("refund") }
        #expect(refused == tries + ["refund \(PaymentTimes.tries.limit) refused"])
        let stuck = try await PaymentsRepair(pool: harness.pool).stuck(limit: 10)
        #expect(stuck.map(\.order) == [harness.order])
        #expect(stuck.map(\.tries) == [PaymentTimes.tries.limit])
        #expect(stuck.first?.error != nil)
        // A stuck call needs an operator, so the attempt does not count as one without a next step.
        #expect(try await PaymentsRepair(pool: harness.pool).idle(limit: 10).isEmpty)

        // Stripe would accept it now, but nobody has asked for another try.
        try await harness.settle(within: .seconds(4 * 86_400))
        #expect(try await harness.calls().filter { $0.hasPrefix("refund") } == refused)
        #expect(try await harness.states() == ["refunding"])

        try await harness.retryStuckCalls()
        try await harness.settle(within: .seconds(60))
        #expect(try await harness.states() == ["refunded"])
        #expect(try await harness.record().money == .init(authorized: 0, captured: 5000, refunded: 5000))
        #expect(try await PaymentsRepair(pool: harness.pool).stuck(limit: 10).isEmpty)
    }

    @Test func aCallThatWaitsForMostOfADayIsNoDamage() async throws {
        let harness = try await PaymentsHarness()
        try await harness.start()
        let repair = PaymentsRepair(pool: harness.pool)
        for (wait, isIdle) in [("16 hours", false), ("2 days", true)] {
            _ = try await harness.pool.query(
                "UPDATE payments.calls SET due_at = now() + \(wait)::interval WHERE state = 'pending'")
            #expect(try await repair.idle(limit: 10).isEmpty != isIdle)
        }
    }

    /// A decision loads only the last try of an operation, even if there were many.
    @Test func onlyTheLastTryOfAnOperationIsLoaded() async throws {
        let harness = try await PaymentsHarness()
        _ = try await harness.openPage()
        _ = try await harness.pool.query(
            """
            INSERT INTO payments.calls
                (order_id, attempt, operation, try, state, request, due_at, created_at, updated_at)
            SELECT order_id, attempt, 'refund', number, 'refused', '{}', now(), now(), now()
            FROM payments.calls, generate_series(1, 500) AS number WHERE order_id = \(harness.order)
            """)
        let loaded = try await harness.pool.withTransaction { transaction in
            let loaded = try await harness.dependencies.store.load([harness.order], in: transaction)
            _ = try await transaction.commit(with: [])
            return loaded
        }
        let names = loaded.flatMap(\.payments.calls).map { "\($0.operation.rawValue) \($0.try)" }
        #expect(names.sorted() == ["create_session 1", "refund 500"])
    }

    @Test func theRequestOfAFinishedCallIsDeleted() async throws {
        let harness = try await PaymentsHarness()
        try await refuseRefund(harness, times: 1)
        #expect(try await requests(harness) == ["cancel_intent 1"])
        try await harness.settle(within: .seconds(60))
        #expect(try await harness.states() == ["refunded"])
        #expect(try await harness.calls().suffix(2) == ["refund 1 refused", "refund 2 done"])
        // Refused requests are kept for an operator.
        #expect(try await requests(harness) == ["cancel_intent 1", "refund 1"])
    }

    private func requests(_ harness: PaymentsHarness) async throws -> [String] {
        try await harness.pool.query(
            "SELECT concat_ws(' ', operation, try) FROM payments.calls WHERE request IS NOT NULL ORDER BY 1"
        ).decode(String.self)
    }

    // MARK: Payments that this build can't read

    enum Unknown: String, CaseIterable, Sendable {
        case currency = "UPDATE payments.orders SET currency = 'XTS'"
        case attemptCurrency = "UPDATE payments.attempts SET currency = 'XTS'"
        case operation = """
            ALTER TABLE payments.calls DROP CONSTRAINT calls_operation_check;
            UPDATE payments.calls SET operation = 'new'
            """
        case state = """
            ALTER TABLE payments.attempts DROP CONSTRAINT attempts_state_check;
            UPDATE payments.attempts SET state = 'new'
            """
    }

    @Test(arguments: Unknown.allCases, [true, false])
    func anUnreadablePaymentDoesNotStopTheOthers(_ unknown: Unknown, isPoll: Bool) async throws {
        guard unknown != .operation || !isPoll else { return }
        let harness = try await PaymentsHarness()
        let orders = try await harness.moreOrders(3)
        for order in orders { try await harness.start(order: order) }
        if isPoll {
            try await harness.callStripe()
            harness.advance(.seconds(31))
        }
        let column = unknown == .currency ? "id" : "order_id"
        try await harness.pool.withConnection {
            try await $0.script(unsafe: "\(unknown.rawValue) WHERE \(column) = '\(orders[1])'")
        }
        let repair = PaymentsRepair(pool: harness.pool)
        #expect(try await repair.unreadable(limit: 10).map(\.order) == [orders[1]])

        harness.dependencies.queue.open()
        await harness.runner.leaseDue()
        let effects = harness.dependencies.queue.startNext()
        #expect(effects.count == 2)
        for effect in effects { await harness.run(effect) }
        if !isPoll {
            for order in [orders[0], orders[2]] { #expect(try await harness.states(of: order) == ["open"]) }
        }

        // The payment's next leases come at growing intervals, so that it does not delay the others.
        var waits: [Int] = []
        for _ in 0..<3 {
            let due = try await harness.pool.query(
                """
                SELECT coalesce((SELECT due_at FROM payments.calls WHERE order_id = attempts.order_id
                    AND state = 'pending'), look_at) FROM payments.attempts WHERE order_id = \(orders[1])
                """
            ).decode(Timestamp.self)[0]
            waits.append(Int((due - harness.now).components.seconds))
            harness.advance(due - harness.now)
            await harness.runner.leaseDue()
        }
        #expect(waits.map { ($0 + 5) / 10 } == [1, 2, 4], "\(waits)")
    }
}
