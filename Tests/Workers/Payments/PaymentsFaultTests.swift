import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe
import Support
import Testing

@testable import Workers

/// What goes wrong on the way to Stripe and back, at every instant where it can.
@Suite(.serialized) struct PaymentsFaultTests {
    enum Fault: String, CaseIterable, Sendable {
        case answerLost = #""kind": "lose_answer""#
        case failureBefore = #""kind": "status", "status": 500"#
        case failureAfter = #""kind": "status", "status": 500, "after": true"#
        case rateLimited = #""kind": "status", "status": 429, "times": 3"#
        case locked = #""kind": "status", "status": 409, "times": 2"#
    }

    private static let taken = SandboxServer.Record.Money(authorized: 0, captured: 5000, refunded: 0)
    private static let nothing = SandboxServer.Record.Money(authorized: 0, captured: 0, refunded: 0)

    @Test(
        arguments: Fault.allCases,
        ["checkout.sessions.create", "checkout.sessions.retrieve", "payment_intents.capture"])
    func paidAllTheSame(fault: Fault, operation: String) async throws {
        let bench = try await PaymentsBench()
        try await bench.sandbox.fail(#"{"operation": "\#(operation)", \#(fault.rawValue)}"#)
        let id = try await bench.start()
        try await bench.settle(within: .seconds(60))
        let url = try #require(try await bench.pageURL())
        #expect(bench.reply(to: id)?.outcome == .done)
        _ = try await bench.sandbox.pay(at: url)
        try await bench.settle(within: .seconds(600))
        #expect(bench.orderState?.status == .complete)
        #expect(try await bench.states() == ["captured"])
        let record = try await bench.record()
        #expect(record.money == Self.taken)
        #expect(record.payment_intents.count == 1)
        #expect(try await bench.told() == ["PaymentAuthorized", "ChargeCreated"])
    }

    @Test(arguments: Fault.allCases, ["checkout.sessions.expire", "payment_intents.cancel"])
    func undoneAllTheSame(fault: Fault, operation: String) async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        if operation == "payment_intents.cancel" {
            _ = try await bench.sandbox.pay(at: page.url)
            try await bench.hint()
            try await bench.ask()
        }
        try await bench.sandbox.fail(#"{"operation": "\#(operation)", \#(fault.rawValue)}"#)
        try await bench.cancelOrder()
        try await bench.settle(within: .seconds(600))
        #expect(try await bench.states() == ["dead"])
        let record = try await bench.record()
        #expect(record.money == Self.nothing)
        #expect(!record.sessions.contains { $0.status == "open" })
        #expect(try await bench.told().last == "PaymentFailed")
        #expect(try await bench.told().filter { $0 == "PaymentFailed" }.count == 1)
    }

    /// Captured by hand in Stripe's dashboard, on an order that then dies.
    @Test(arguments: Fault.allCases)
    func givenBackAllTheSame(fault: Fault) async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        _ = try await bench.sandbox.pay(at: page.url)
        try await bench.hint()
        try await bench.ask()
        let intent = try #require(try await bench.record().payment_intents.first?.id)
        _ = try await bench.wire.send(.capturePaymentIntent(intent, key: "by hand"))
        try await bench.sandbox.fail(#"{"operation": "refunds.create", \#(fault.rawValue)}"#)
        try await bench.cancelOrder()
        try await bench.settle(within: .seconds(600))
        #expect(try await bench.states() == ["refunded"])
        #expect(try await bench.record().money == .init(authorized: 0, captured: 5000, refunded: 5000))
        #expect(try await bench.told() == ["PaymentAuthorized", "ChargeRefunded"])
    }

    @Test func aReplayedFailureTakesAnotherKeyOnlyOnceNoEffectIsSeen() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        _ = try await bench.sandbox.pay(at: page.url)
        try await bench.sandbox.fail(#"{"operation": "payment_intents.capture", "kind": "status", "status": 500}"#)
        try await bench.hint()
        try await bench.settle(within: .seconds(300))
        #expect(bench.orderState?.status == .complete)
        #expect(
            try await bench.calls() == ["create_session 1 done", "capture 1 doubted", "capture 2 done"])
        let requests = try await bench.record().requests
        #expect(requests["\(bench.order):1:capture:1"]?.count == 3)
        #expect(requests["\(bench.order):1:capture:2"]?.count == 1)

        let after = try await PaymentsBench()
        let other = try await after.openPage()
        _ = try await after.sandbox.pay(at: other.url)
        try await after.sandbox.fail(
            #"{"operation": "payment_intents.capture", "kind": "status", "status": 500, "after": true}"#)
        try await after.hint()
        try await after.settle(within: .seconds(300))
        #expect(try await after.calls() == ["create_session 1 done", "capture 1 doubted"])
        #expect(after.orderState?.status == .complete)
    }

    // MARK: Test data that is gone

    @Test(arguments: [false, true])
    func whatASandboxHasForgottenIsOver(isCancelled: Bool) async throws {
        let bench = try await PaymentsBench()
        _ = try await bench.openPage()
        let empty = try await bench.sandbox.startAgain()
        if isCancelled {
            try await bench.cancelOrder()
        } else {
            bench.advance(.seconds(31))
        }
        try await bench.settle(within: .seconds(60))
        #expect(try await bench.states() == ["dead"])
        if !isCancelled {
            let page = try await bench.openPage()
            #expect(try await bench.sandbox.pay(at: page.url) == 303)
            try await bench.hint()
            try await bench.settle()
            #expect(bench.orderState?.status == .complete)
        }
        try await empty.process.killNow()
    }

    // MARK: Workers killed

    @Test func killedBetweenTheCommitAndTheCall() async throws {
        let bench = try await PaymentsBench()
        let id = try await bench.start()
        let leased = try await bench.lease()
        #expect(leased.calls.map(\.name.operation) == [.createSession])
        // As long as the lease holds, nobody else takes it.
        #expect(try await bench.lease().calls.isEmpty)
        bench.advance(bench.parts.lease)
        try await bench.ask()
        #expect(bench.reply(to: id)?.outcome == .done)
        #expect(try await bench.record().sessions.count == 1)
    }

    @Test(arguments: ["payment_intents.capture", "payment_intents.cancel"])
    func killedBetweenTheCallAndItsOutcome(operation: String) async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        _ = try await bench.sandbox.pay(at: page.url)
        try await bench.hint()
        try await bench.ask()
        if operation == "payment_intents.cancel" {
            try await bench.cancelOrder()
        } else {
            try await bench.hearOnce()
        }
        let call = try #require(try await bench.lease().calls.first)
        let lost = await bench.runner.caller.make(call, now: bench.now)
        if case .done = lost {} else { Issue.record("Stripe did not do it: \(lost)") }
        // Whatever happens meanwhile, nothing is asked on top of it.
        try await bench.hint()
        try await bench.ask()
        #expect(try await bench.calls().count == 2)
        bench.advance(bench.parts.lease)
        try await bench.settle()
        let record = try await bench.record()
        let requests = record.requests.values.first { $0.operation == operation }
        #expect(requests?.count == 2 && requests?.replays == 1)
        #expect(record.money == (operation == "payment_intents.cancel" ? Self.nothing : Self.taken))
        #expect(bench.orderState?.status == (operation == "payment_intents.cancel" ? .cancelled : .complete))
    }

    @Test func anOutcomeThatComesAfterItsLeaseChangesNothing() async throws {
        let bench = try await PaymentsBench()
        try await bench.start()
        bench.wire.hold { $0.path == "/v1/checkout/sessions" }
        let slow = Task { try await bench.ask() }
        await bench.wire.waitUntilHeld()
        bench.advance(bench.parts.lease)
        let call = try #require(try await bench.lease().calls.first)
        await bench.ask(.call(call))
        let page = try #require(try await bench.pageURL())
        _ = try await bench.sandbox.pay(at: page)
        try await bench.hint()
        try await bench.ask()
        #expect(try await bench.states() == ["authorized"])
        bench.wire.release()
        try await slow.value
        #expect(try await bench.states() == ["authorized"])
        #expect(try await bench.record().sessions.count == 1)
    }

    @Test func whatWasSeenBeforeAChangeIsNotBelieved() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        _ = try await bench.sandbox.pay(at: page.url)
        try await bench.hint()
        try await bench.ask()
        bench.advance(.seconds(31))
        bench.wire.hold { $0.path.contains("/v1/checkout/sessions/cs_") }
        let look = try #require(try await bench.lease().looks.first)
        let slow = Task { await bench.ask(.look(look)) }
        await bench.wire.waitUntilHeld()
        // It has seen the money reserved. Now orders claims it, and it is taken.
        try await bench.hearOnce()
        try await bench.settle()
        #expect(try await bench.states() == ["captured"])
        bench.wire.release()
        await slow.value
        try await bench.settle()
        #expect(try await bench.states() == ["captured"])
        #expect(try await bench.calls() == ["create_session 1 done", "capture 1 done"])
        #expect(try await bench.told() == ["PaymentAuthorized", "ChargeCreated"])
    }

    // MARK: Outcomes stored together

    @Test func anOutcomeThatCannotBeStoredHarmsNoOther() async throws {
        let bench = try await PaymentsBench()
        let orders = try await bench.moreOrders(5)
        for order in orders { try await bench.start(order: order) }
        let calls = try await bench.lease().calls
        #expect(calls.count == 5)
        let bad = try #require(calls.dropFirst(2).first)
        await bench.runner.store(
            calls.map { call in
                let session = SeenSession(
                    id: "cs_\(call.order)", status: .open,
                    // PostgreSQL's text has no zero byte.
                    url: call.order == bad.order ? "https://pay.test/\0" : "https://pay.test/", expiresAt: nil,
                    intentId: nil, amount: nil, currency: nil, orderId: nil, attempt: nil)
                return .made(call, .done(SeenPayment(session: session, intent: nil)))
            })
        for order in orders {
            #expect(try await bench.states(of: order) == [order == bad.order ? "opening" : "open"])
        }
        // Its lease runs out, and it is asked anew.
        bench.advance(bench.parts.lease)
        #expect(try await bench.lease().calls.map(\.order) == [bad.order])
    }

    @Test func ofOneOrderOnlyOneOutcomeIsStoredAtOnce() async throws {
        let findings = Findings()
        let (one, other) = (OrderID.new(), OrderID.new())
        for order in [one, one, other] {
            findings.add(
                .missed(
                    LeasedLook(order: order, attempt: 1, session: "cs_1", token: order.uuid, looks: 0),
                    again: .seconds(1)))
        }
        #expect(await findings.next(atMost: 10).map(\.order) == [one, other])
        #expect(await findings.next(atMost: 10).map(\.order) == [one])
        findings.end()
        #expect(await findings.next(atMost: 10).isEmpty)
    }

    // MARK: The running service

    @Test func whatIsDecidedHereIsLeasedHereAndComesBackWhenThisWorkerIsKilled() async throws {
        let bench = try await PaymentsBench()
        bench.parts.work.open()
        let id = try await bench.start()
        #expect(try await bench.lease().calls.isEmpty)
        let begun = bench.parts.work.begin()
        #expect(begun.count == 1)
        bench.advance(bench.parts.lease)
        bench.parts.work.close()
        try await bench.ask()
        #expect(bench.reply(to: id)?.outcome == .done)
        // What it would have stored is not believed any more.
        for item in begun { await bench.ask(item) }
        #expect(try await bench.states() == ["open"])
        let record = try await bench.record()
        #expect(record.sessions.count == 1)
        #expect(record.requests["\(bench.order):1:create_session:1"]?.replays == 1)
    }

    @Test func aLookThatAHintAsksForIsLeasedWithIt() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        _ = try await bench.sandbox.pay(at: page.url)
        bench.parts.work.open()
        try await bench.hint()
        #expect(try await bench.lease().looks.isEmpty)
        for item in bench.parts.work.begin() { await bench.ask(item) }
        #expect(try await bench.states() == ["authorized"])
        #expect(try await bench.told() == ["PaymentAuthorized"])
        // That leads to a capture, which is leased with the event that asks for it.
        try await bench.hearOnce()
        for item in bench.parts.work.begin() { await bench.ask(item) }
        #expect(try await bench.states() == ["captured"])
    }

    @Test func theRunnerIsWokenAndFinishesWhatItHasBegun() async throws {
        let bench = try await PaymentsBench()
        let (replied, waiting) = AsyncStream<Void>.makeStream()
        bench.onPost { waiting.yield() }
        bench.wire.hold { $0.path == "/v1/checkout/sessions" }
        let running = RunningService(bench.runner)
        try await bench.start()
        await bench.wire.waitUntilHeld()
        // Told to stop with a call on its way, it stores what comes of that.
        running.stop()
        bench.wire.release()
        for await _ in replied.prefix(1) {}
        try await running.wait()
        #expect(try await bench.states() == ["open"])
    }
}

extension PaymentsBench {
    func pageURL() async throws -> String? {
        try await pool.query(
            "SELECT session_url FROM payments.attempts WHERE order_id = \(order) ORDER BY number DESC LIMIT 1"
        )
        .decode(String?.self).first ?? nil
    }
}
