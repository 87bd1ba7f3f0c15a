import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe
import Support
import Testing

@testable import Workers

/// The payments service against the sandbox, where no webhook ever comes unless a test says so.
@Suite(.serialized) struct PaymentsTests {
    private static let held = SandboxServer.Record.Money(authorized: 5000, captured: 0, refunded: 0)
    private static let taken = SandboxServer.Record.Money(authorized: 0, captured: 5000, refunded: 0)
    private static let nothing = SandboxServer.Record.Money(authorized: 0, captured: 0, refunded: 0)

    private func paid(_ bench: PaymentsBench, card: String = "4242 4242 4242 4242") async throws {
        let page = try await bench.openPage()
        let status = try await bench.sandbox.pay(at: page.url, card: card)
        #expect(status == 302 || status == 307 || status == 303)
    }

    // MARK: The way it should go

    @Test func authorisedClaimedCaptured() async throws {
        let bench = try await PaymentsBench()
        try await paid(bench)
        #expect(try await bench.record().money == Self.held)
        try await bench.hint()
        try await bench.ask()
        #expect(try await bench.states() == ["authorized"])
        // Taken only once orders has claimed it.
        #expect(try await bench.record().money == Self.held)
        try await bench.settle()
        #expect(bench.orderState?.status == .complete)
        #expect(try await bench.states() == ["captured"])
        #expect(try await bench.told() == ["PaymentAuthorized", "ChargeCreated"])
        #expect(try await bench.calls() == ["create_session 1 done", "capture 1 done"])
        #expect(try await bench.record().money == Self.taken)
    }

    @Test func aLostWebhookIsFoundByTheSweep() async throws {
        let bench = try await PaymentsBench()
        try await paid(bench)
        try await bench.settle()
        #expect(bench.orderState?.status == .awaitingPayment)
        bench.advance(.seconds(31))
        try await bench.settle()
        #expect(bench.orderState?.status == .complete)
        #expect(try await bench.record().money == Self.taken)
    }

    @Test func aWebhookIsFoundItsOrderByTheObject() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        _ = try await bench.sandbox.pay(at: page.url)
        try await bench.hint(object: page.id)
        try await bench.settle()
        #expect(bench.orderState?.status == .complete)
        try await bench.hint("charge.succeeded", object: "ch_of_somebody_else")
    }

    @Test func whoAsksAgainGetsTheSamePage() async throws {
        let bench = try await PaymentsBench(concurrency: 8)
        let ids = (0..<20).map { _ in CommandID.new() }
        try await withThrowingTaskGroup { group in
            for id in ids { group.addTask { try await bench.start(id) } }
            try await group.waitForAll()
        }
        // Two workers at once.
        async let one: Void = bench.ask()
        async let other: Void = bench.ask()
        _ = try await (one, other)
        let pages = Set(try ids.map { try bench.page(in: bench.reply(to: $0)?.body) })
        #expect(pages.count == 1)
        #expect(try await bench.record().sessions.count == 1)
        #expect(try await bench.pool.query("SELECT count(*) FROM payments.waiting").decode(Int.self) == [0])
        #expect(try await bench.openPageAgain() != nil)
    }

    @Test func theReplyOfAWaiterIsInTheInbox() async throws {
        let bench = try await PaymentsBench()
        let id = CommandID.new()
        try await bench.pool.withTransaction { transaction in
            let entry = InboxEntry(id: id.uuid, actor: "-", type: StartPayment.type)
            try await transaction.execute(bench.parts.storage.inbox.insertSQL([InboxRecord(entry)]))
        }
        try await bench.start(id)
        let before = try await bench.pool.withConnection {
            try await bench.parts.storage.inbox.lookup(id.uuid, on: $0)
        }
        #expect(before?.outcome == nil)
        try await bench.ask()
        let prior = try await bench.pool.withConnection { try await bench.parts.storage.inbox.lookup(id.uuid, on: $0) }
        #expect(prior?.outcome == .done)
        #expect(try bench.page(in: prior?.reply) == bench.page(in: bench.reply(to: id)?.body))
    }

    // MARK: Orders that die

    @Test func aCancelledOrdersPageIsClosed() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        try await bench.cancelOrder()
        try await bench.settle()
        #expect(try await bench.states() == ["dead"])
        #expect(try await bench.record().sessions.map(\.status) == ["expired"])
        #expect(try await bench.told() == ["PaymentFailed"])
        let id = try await bench.start()
        #expect(bench.reply(to: id) == nil || bench.reply(to: id)?.outcome == .refused)
        #expect(page.id.hasPrefix("cs_"))
    }

    @Test func anOrderCancelledWhileThePageIsMade() async throws {
        let bench = try await PaymentsBench()
        let id = try await bench.start()
        bench.wire.hold { $0.path == "/v1/checkout/sessions" }
        async let asking: Void = bench.ask()
        await bench.wire.waitUntilHeld()
        try await bench.cancelOrder()
        #expect(bench.reply(to: id)?.outcome == .refused)
        #expect(try await bench.states() == ["opening"])
        bench.wire.release()
        try await asking
        #expect(try await bench.states() == ["dead"])
        #expect(try await bench.record().sessions.map(\.status) == ["expired"])
    }

    @Test func anOrderCancelledBeforeStripeIsAsked() async throws {
        let bench = try await PaymentsBench()
        try await bench.start()
        try await bench.cancelOrder()
        try await bench.settle()
        #expect(try await bench.calls() == ["create_session 1 withdrawn"])
        #expect(try await bench.record().sessions.isEmpty)
    }

    @Test func paidWhileTheOrderIsCancelled() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        try await bench.cancelOrder()
        // Between the decision to close the page and the call.
        _ = try await bench.sandbox.pay(at: page.url)
        #expect(try await bench.record().money == Self.held)
        try await bench.settle()
        #expect(
            try await bench.calls() == ["create_session 1 done", "expire_session 1 refused", "cancel_intent 1 done"])
        #expect(try await bench.states() == ["dead"])
        #expect(try await bench.record().money == Self.nothing)
    }

    @Test func cancelledWhileTheAuthorisationIsTold() async throws {
        let bench = try await PaymentsBench()
        try await paid(bench)
        try await bench.hint()
        try await bench.ask()
        #expect(try await bench.told() == ["PaymentAuthorized"])
        try await bench.cancelOrder()
        try await bench.settle()
        #expect(bench.orderState?.status == .cancelled)
        #expect(try await bench.states() == ["dead"])
        #expect(try await bench.record().money == Self.nothing)
        #expect(try await bench.record().payment_intents.map(\.status) == ["canceled"])
    }

    // MARK: Cards

    @Test func aDeclinedCardMayBeFollowedByAnother() async throws {
        let bench = try await PaymentsBench()
        let page = try await bench.openPage()
        #expect(try await bench.sandbox.pay(at: page.url, card: "4000 0000 0000 0002") == 402)
        try await bench.hint()
        try await bench.settle()
        #expect(try await bench.states() == ["open"])
        _ = try await bench.sandbox.pay(at: page.url)
        try await bench.hint()
        try await bench.settle()
        #expect(bench.orderState?.status == .complete)
    }

    @Test func aCaptureThatFailsCancelsTheOrder() async throws {
        let bench = try await PaymentsBench()
        try await paid(bench, card: "4000 0000 0000 5126")
        try await bench.hint()
        try await bench.settle()
        #expect(bench.orderState?.status == .cancelled)
        #expect(bench.orderState?.reason == .paymentFailed)
        #expect(try await bench.states() == ["dead"])
        #expect(try await bench.told() == ["PaymentAuthorized", "PaymentFailed"])
        #expect(try await bench.record().money == Self.nothing)
    }

    @Test func aPageThatClosedByItselfIsFollowedByAnother() async throws {
        let bench = try await PaymentsBench(hold: .seconds(86_400 * 3))
        _ = try await bench.openPage()
        try await bench.sandbox.advance(seconds: 86_400)
        bench.advance(.seconds(86_400))
        try await bench.settle()
        #expect(try await bench.states() == ["dead"])
        #expect(bench.orderState?.status == .awaitingPayment)
        try await paid(bench)
        try await bench.hint()
        try await bench.settle()
        #expect(try await bench.states() == ["dead", "captured"])
        #expect(bench.orderState?.status == .complete)
        #expect(bench.orderState?.attempt == 2)
    }

    @Test func anAmountThatStripeRefusesIsRefused() async throws {
        let bench = try await PaymentsBench()
        try await bench.sandbox.fail(#"{"operation": "checkout.sessions.create", "kind": "status", "status": 400}"#)
        let id = try await bench.start()
        try await bench.ask()
        #expect(bench.reply(to: id)?.outcome == .refused)
        #expect(try await bench.states() == ["dead"])
    }
}

extension PaymentsBench {
    /// The page, answered at once where there is one: no further call is planned.
    func openPageAgain() async throws -> Int? {
        let before = try await calls().count
        try await start()
        return try await calls().count == before ? before : nil
    }
}
