import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe
import Support
import Testing

@testable import Services

/// Faults at each point of a call to Stripe: before it, after it, and while its outcome is stored.
@Suite(.serialized) struct PaymentsFaultTests {
    enum Fault: String, CaseIterable, Sendable {
        case responseLost = #""kind": "lose_answer""#
        case failureBefore = #""kind": "status", "status": 500"#
        case failureAfter = #""kind": "status", "status": 500, "after": true"#
        case rateLimited = #""kind": "status", "status": 429, "times": 3"#
        case locked = #""kind": "status", "status": 409, "times": 2"#
    }

    private static let captured = SandboxServer.Record.Money(authorized: 0, captured: 5000, refunded: 0)
    private static let nothing = SandboxServer.Record.Money(authorized: 0, captured: 0, refunded: 0)

    @Test(
        arguments: Fault.allCases,
        ["checkout.sessions.create", "checkout.sessions.retrieve", "payment_intents.capture"])
    func aFaultDoesNotPreventPayment(fault: Fault, operation: String) async throws {
        let harness = try await PaymentsHarness()
        try await harness.sandbox.fail(#"{"operation": "\#(operation)", \#(fault.rawValue)}"#)
        let id = try await harness.start()
        try await harness.settle(within: .seconds(60))
        let url = try #require(try await harness.pageURL())
        #expect(harness.reply(to: id)?.outcome == .done)
        _ = try await harness.sandbox.pay(at: url)
        try await harness.settle(within: .seconds(600))
        #expect(harness.orderState?.status == .complete)
        #expect(try await harness.states() == ["captured"])
        let record = try await harness.record()
        #expect(record.money == Self.captured)
        #expect(record.payment_intents.count == 1)
        #expect(try await harness.eventTypes() == ["PaymentAuthorized", "ChargeCreated"])
    }

    @Test(arguments: Fault.allCases, ["checkout.sessions.expire", "payment_intents.cancel"])
    func aFaultDoesNotPreventUndoing(fault: Fault, operation: String) async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        if operation == "payment_intents.cancel" {
            _ = try await harness.sandbox.pay(at: page.url)
            try await harness.hint()
            try await harness.callStripe()
        }
        try await harness.sandbox.fail(#"{"operation": "\#(operation)", \#(fault.rawValue)}"#)
        try await harness.cancelOrder()
        try await harness.settle(within: .seconds(600))
        #expect(try await harness.states() == ["dead"])
        let record = try await harness.record()
        #expect(record.money == Self.nothing)
        #expect(!record.sessions.contains { $0.status == "open" })
        #expect(try await harness.eventTypes().last == "PaymentFailed")
        #expect(try await harness.eventTypes().filter { $0 == "PaymentFailed" }.count == 1)
    }

    /// A payment captured by hand in Stripe's dashboard, for an order that is then cancelled.
    @Test(arguments: Fault.allCases)
    func aFaultDoesNotPreventTheRefund(fault: Fault) async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.hint()
        try await harness.callStripe()
        let intent = try #require(try await harness.record().payment_intents.first?.id)
        _ = try await harness.stripe.send(.capturePaymentIntent(intent, key: "by hand"))
        try await harness.sandbox.fail(#"{"operation": "refunds.create", \#(fault.rawValue)}"#)
        try await harness.cancelOrder()
        try await harness.settle(within: .seconds(600))
        #expect(try await harness.states() == ["refunded"])
        #expect(try await harness.record().money == .init(authorized: 0, captured: 5000, refunded: 5000))
        #expect(try await harness.eventTypes() == ["PaymentAuthorized", "ChargeRefunded"])
    }

    @Test func aNewKeyIsUsedOnlyIfTheReplayedFailureHadNoEffect() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.sandbox.fail(#"{"operation": "payment_intents.capture", "kind": "status", "status": 500}"#)
        try await harness.hint()
        try await harness.settle(within: .seconds(300))
        #expect(harness.orderState?.status == .complete)
        #expect(
            try await harness.calls() == ["create_session 1 done", "capture 1 doubted", "capture 2 done"])
        let requests = try await harness.record().requests
        #expect(requests["\(harness.order):1:capture:1"]?.count == 3)
        #expect(requests["\(harness.order):1:capture:2"]?.count == 1)

        let second = try await PaymentsHarness()
        let other = try await second.openPage()
        _ = try await second.sandbox.pay(at: other.url)
        try await second.sandbox.fail(
            #"{"operation": "payment_intents.capture", "kind": "status", "status": 500, "after": true}"#)
        try await second.hint()
        try await second.settle(within: .seconds(300))
        #expect(try await second.calls() == ["create_session 1 done", "capture 1 doubted"])
        #expect(second.orderState?.status == .complete)
    }

    // MARK: Lost test data

    @Test(arguments: [false, true])
    func anAttemptEndsIfTheSandboxLostItsSession(isCancelled: Bool) async throws {
        let harness = try await PaymentsHarness()
        _ = try await harness.openPage()
        let empty = try await harness.sandbox.restart()
        if isCancelled {
            try await harness.cancelOrder()
        } else {
            harness.advance(.seconds(31))
        }
        try await harness.settle(within: .seconds(60))
        #expect(try await harness.states() == ["dead"])
        if !isCancelled {
            let page = try await harness.openPage()
            #expect(try await harness.sandbox.pay(at: page.url) == 303)
            try await harness.hint()
            try await harness.settle()
            #expect(harness.orderState?.status == .complete)
        }
        try await empty.process.killAndWait()
    }

    // MARK: Killed workers

    @Test func anotherWorkerMakesTheCallOfAKilledOne() async throws {
        let harness = try await PaymentsHarness()
        let id = try await harness.start()
        let leased = try await harness.lease()
        #expect(leased.calls.map(\.call?.name.operation) == [.createSession])
        // No other worker can lease the call until the lease expires.
        #expect(try await harness.lease().calls.isEmpty)
        harness.advance(harness.dependencies.leaseDuration)
        try await harness.callStripe()
        #expect(harness.reply(to: id)?.outcome == .done)
        #expect(try await harness.record().sessions.count == 1)
    }

    @Test(arguments: ["payment_intents.capture", "payment_intents.cancel"])
    func anotherWorkerRepeatsACallWhoseOutcomeWasNotStored(operation: String) async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.hint()
        try await harness.callStripe()
        if operation == "payment_intents.cancel" {
            try await harness.cancelOrder()
        } else {
            try await harness.deliverEvents()
        }
        let effect = try #require(try await harness.lease().calls.first)
        let lost = await harness.effects.perform(effect, at: harness.now)
        if case .called(_, .done) = lost {} else { Issue.record("Stripe did not execute the call: \(lost)") }
        // No second call is made until the lease expires.
        try await harness.hint()
        try await harness.callStripe()
        #expect(try await harness.calls().count == 2)
        harness.advance(harness.dependencies.leaseDuration)
        try await harness.settle()
        let record = try await harness.record()
        let requests = record.requests.values.first { $0.operation == operation }
        #expect(requests?.count == 2 && requests?.replays == 1)
        #expect(record.money == (operation == "payment_intents.cancel" ? Self.nothing : Self.captured))
        #expect(harness.orderState?.status == (operation == "payment_intents.cancel" ? .cancelled : .complete))
    }

    @Test func anOutcomeAfterTheEndOfItsLeaseChangesNothing() async throws {
        let harness = try await PaymentsHarness()
        try await harness.start()
        harness.stripe.hold { $0.path == "/v1/checkout/sessions" }
        let slow = Task { try await harness.callStripe() }
        await harness.stripe.waitUntilHeld()
        harness.advance(harness.dependencies.leaseDuration)
        let call = try #require(try await harness.lease().calls.first)
        await harness.run(call)
        let page = try #require(try await harness.pageURL())
        _ = try await harness.sandbox.pay(at: page)
        try await harness.hint()
        try await harness.callStripe()
        #expect(try await harness.states() == ["authorized"])
        harness.stripe.release()
        try await slow.value
        #expect(try await harness.states() == ["authorized"])
        #expect(try await harness.record().sessions.count == 1)
    }

    @Test func aPollFromBeforeAChangeIsDiscarded() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.hint()
        try await harness.callStripe()
        harness.advance(.seconds(31))
        harness.stripe.hold { $0.path.contains("/v1/checkout/sessions/cs_") }
        let poll = try #require(try await harness.lease().polls.first)
        let slow = Task { await harness.run(poll) }
        await harness.stripe.waitUntilHeld()
        // The poll's snapshot has the authorization. Now the order claims the attempt, and the payment is captured.
        try await harness.deliverEvents()
        try await harness.settle()
        #expect(try await harness.states() == ["captured"])
        harness.stripe.release()
        await slow.value
        try await harness.settle()
        #expect(try await harness.states() == ["captured"])
        #expect(try await harness.calls() == ["create_session 1 done", "capture 1 done"])
        #expect(try await harness.eventTypes() == ["PaymentAuthorized", "ChargeCreated"])
    }

    // MARK: Outcomes stored together

    @Test func anOutcomeThatCannotBeStoredHarmsNoOther() async throws {
        let harness = try await PaymentsHarness()
        let orders = try await harness.moreOrders(5)
        for order in orders { try await harness.start(order: order) }
        let calls = try await harness.lease().calls
        #expect(calls.count == 5)
        let bad = try #require(calls.dropFirst(2).first)
        await harness.runner.store(
            try calls.map { effect in
                let session = SessionSnapshot(
                    id: "cs_\(effect.order)", status: .open,
                    // PostgreSQL's text can't contain a zero byte.
                    url: effect.order == bad.order ? "https://pay.test/\0" : "https://pay.test/", expiresAt: nil,
                    intentId: nil, amount: nil, currency: nil, orderId: nil, attempt: nil)
                let name = try #require(effect.call?.name)
                return (effect, .called(name, .done(PaymentSnapshot(session: session, intent: nil))))
            })
        for order in orders {
            #expect(try await harness.states(of: order) == [order == bad.order ? "opening" : "open"])
        }
        // After its lease expires, the call is leased again.
        harness.advance(harness.dependencies.leaseDuration)
        #expect(try await harness.lease().calls.map(\.order) == [bad.order])
    }

    @Test func outcomesOfOneOrderAreStoredOneAtATime() async throws {
        let outcomes = EffectOutcomeQueue<StripeEffect, StripeOutcome>()
        let (one, other) = (OrderID.new(), OrderID.new())
        for order in [one, one, other] {
            outcomes.add(
                .pollFailed(attempt: 1, retryAfter: nil),
                of: StripeEffect(order: order, token: order.uuid, work: .poll(attempt: 1, session: "cs_1")))
        }
        #expect(await outcomes.next(atMost: 10).map(\.effect.order) == [one, other])
        #expect(await outcomes.next(atMost: 10).map(\.effect.order) == [one])
        outcomes.end()
        #expect(await outcomes.next(atMost: 10).isEmpty)
    }

    // MARK: The runner

    @Test func aDecisionLeasesItsCallUntilTheWorkerIsKilled() async throws {
        let harness = try await PaymentsHarness()
        harness.dependencies.queue.open()
        let id = try await harness.start()
        #expect(try await harness.lease().calls.isEmpty)
        let started = harness.dependencies.queue.startNext()
        #expect(started.count == 1)
        harness.advance(harness.dependencies.leaseDuration)
        harness.dependencies.queue.close()
        try await harness.callStripe()
        #expect(harness.reply(to: id)?.outcome == .done)
        // The outcome of the first worker is discarded, because its lease is lost.
        for item in started { await harness.run(item) }
        #expect(try await harness.states() == ["open"])
        let record = try await harness.record()
        #expect(record.sessions.count == 1)
        #expect(record.requests["\(harness.order):1:create_session:1"]?.replays == 1)
    }

    @Test func aHintLeasesItsPoll() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        harness.dependencies.queue.open()
        try await harness.hint()
        #expect(try await harness.lease().polls.isEmpty)
        for item in harness.dependencies.queue.startNext() { await harness.run(item) }
        #expect(try await harness.states() == ["authorized"])
        #expect(try await harness.eventTypes() == ["PaymentAuthorized"])
        // The order's event leads to a capture, which is leased with the decision on the event.
        try await harness.deliverEvents()
        for item in harness.dependencies.queue.startNext() { await harness.run(item) }
        #expect(try await harness.states() == ["captured"])
    }

    @Test func anOutcomeThatEndsItsSessionDelaysNoOther() async throws {
        let harness = try await PaymentsHarness()
        let other = try await harness.moreOrders(1)[0]
        try await harness.start()
        try await harness.start(order: other)
        try await harness.pool.withConnection { connection in
            try await connection.script(
                unsafe: """
                    CREATE FUNCTION payments.fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
                    CREATE TRIGGER fail BEFORE UPDATE ON payments.attempts
                    FOR EACH ROW WHEN (NEW.order_id = '\(harness.order)' AND NEW.state = 'open')
                    EXECUTE FUNCTION payments.fail();
                    """)
        }
        var performed: [EffectRunner<StripeEffects>.Performed] = []
        for effect in try await harness.lease().effects {
            performed.append((effect, await harness.effects.perform(effect, at: harness.now)))
        }
        #expect(performed.count == 2)
        await harness.runner(storeTimeout: .seconds(1)).store(performed)
        #expect(try await harness.states(of: other) == ["open"])
        // The failing outcome's call is postponed for some seconds.
        #expect(try await harness.states() == ["opening"])
        #expect(try await harness.lease().calls.isEmpty)
        harness.advance(.seconds(11))
        #expect(try await harness.lease().calls.map(\.order) == [harness.order])
    }

    @Test func theRunnerFinishesItsRequestsBeforeItStops() async throws {
        let harness = try await PaymentsHarness()
        let (replies, continuation) = AsyncStream<Void>.makeStream()
        harness.onReply { continuation.yield() }
        harness.stripe.hold { $0.path == "/v1/checkout/sessions" }
        let running = RunningService(harness.runner)
        try await harness.start()
        await harness.stripe.waitUntilHeld()
        // The runner is asked to stop during a call, and still stores the outcome.
        running.stop()
        harness.stripe.release()
        for await _ in replies.prefix(1) {}
        try await running.wait()
        #expect(try await harness.states() == ["open"])
    }
}

extension PaymentsHarness {
    func pageURL() async throws -> String? {
        try await pool.query(
            "SELECT session_url FROM payments.attempts WHERE order_id = \(order) ORDER BY number DESC LIMIT 1"
        )
        .decode(String?.self).first ?? nil
    }
}
