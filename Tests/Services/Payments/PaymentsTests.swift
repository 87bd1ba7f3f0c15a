import Marketplace
import PostgresClient
import Storage
import Streams
import Stripe
import Support
import Testing

@testable import Services

/// The payments service with the sandbox. No webhook arrives unless a test sends one.
@Suite(.serialized) struct PaymentsTests {
    private static let reserved = SandboxServer.Record.Money(authorized: 5000, captured: 0, refunded: 0)
    private static let captured = SandboxServer.Record.Money(authorized: 0, captured: 5000, refunded: 0)
    private static let nothing = SandboxServer.Record.Money(authorized: 0, captured: 0, refunded: 0)

    private func pay(_ harness: PaymentsHarness, card: String = "4242 4242 4242 4242") async throws {
        let page = try await harness.openPage()
        let status = try await harness.sandbox.pay(at: page.url, card: card)
        #expect(status == 302 || status == 307 || status == 303)
    }

    // MARK: Without faults

    @Test func aPaymentIsCapturedAfterTheOrderIsConfirmed() async throws {
        let harness = try await PaymentsHarness()
        try await pay(harness)
        #expect(try await harness.record().money == Self.reserved)
        try await harness.hint()
        try await harness.callStripe()
        #expect(try await harness.states() == ["authorized"])
        // The payment is captured only after the order has claimed the attempt.
        #expect(try await harness.record().money == Self.reserved)
        try await harness.settle()
        #expect(harness.orderState?.status == .complete)
        #expect(try await harness.states() == ["captured"])
        #expect(try await harness.eventTypes() == ["PaymentAuthorized", "ChargeCreated"])
        #expect(try await harness.calls() == ["create_session 1 done", "capture 1 done"])
        #expect(try await harness.record().money == Self.captured)
    }

    @Test func aPollFindsAPaymentWhoseWebhookWasLost() async throws {
        let harness = try await PaymentsHarness()
        try await pay(harness)
        try await harness.settle()
        #expect(harness.orderState?.status == .awaitingPayment)
        harness.advance(.seconds(31))
        try await harness.settle()
        #expect(harness.orderState?.status == .complete)
        #expect(try await harness.record().money == Self.captured)
    }

    @Test func aWebhookWithoutMetadataIsMatchedByItsObject() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.hint(object: page.id)
        try await harness.settle()
        #expect(harness.orderState?.status == .complete)
        try await harness.hint("charge.succeeded", object: "ch_unknown")
    }

    @Test func repeatedCommandsGetTheSamePage() async throws {
        let harness = try await PaymentsHarness(concurrency: 8)
        let ids = (0..<20).map { _ in CommandID.new() }
        try await withThrowingTaskGroup { group in
            for id in ids { group.addTask { try await harness.start(id) } }
            try await group.waitForAll()
        }
        // Two workers at the same time.
        async let one: Void = harness.callStripe()
        async let other: Void = harness.callStripe()
        _ = try await (one, other)
        let pages = Set(try ids.map { try harness.page(in: harness.reply(to: $0)?.body) })
        #expect(pages.count == 1)
        #expect(try await harness.record().sessions.count == 1)
        #expect(try await harness.pool.query("SELECT count(*) FROM payments.waiting").decode(Int.self) == [0])
        #expect(try await harness.openPageAgain() != nil)
    }

    @Test func theReplyToAWaitingCommandIsStoredInTheInbox() async throws {
        let harness = try await PaymentsHarness()
        let id = CommandID.new()
        try await harness.pool.withTransaction { transaction in
            let entry = InboxEntry(id: id.uuid, actor: "-", type: StartPayment.type)
            try await transaction.execute(harness.dependencies.storage.inbox.insertSQL([InboxRecord(entry)]))
        }
        try await harness.start(id)
        let before = try await harness.pool.withConnection {
            try await harness.dependencies.storage.inbox.lookup(id.uuid, on: $0)
        }
        #expect(before?.outcome == nil)
        try await harness.callStripe()
        let prior = try await harness.pool.withConnection {
            try await harness.dependencies.storage.inbox.lookup(id.uuid, on: $0)
        }
        #expect(prior?.outcome == .done)
        #expect(try harness.page(in: prior?.reply) == harness.page(in: harness.reply(to: id)?.body))
    }

    // MARK: Cancelled orders

    @Test func aCancelledOrderClosesItsPage() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        try await harness.cancelOrder()
        try await harness.settle()
        #expect(try await harness.states() == ["dead"])
        #expect(try await harness.record().sessions.map(\.status) == ["expired"])
        #expect(try await harness.eventTypes() == ["PaymentFailed"])
        let id = try await harness.start()
        #expect(harness.reply(to: id) == nil || harness.reply(to: id)?.outcome == .refused)
        #expect(page.id.hasPrefix("cs_"))
    }

    @Test func cancellationDuringPageCreationClosesThePage() async throws {
        let harness = try await PaymentsHarness()
        let id = try await harness.start()
        harness.stripe.hold { $0.path == "/v1/checkout/sessions" }
        async let call: Void = harness.callStripe()
        await harness.stripe.waitUntilHeld()
        try await harness.cancelOrder()
        #expect(harness.reply(to: id)?.outcome == .refused)
        #expect(try await harness.states() == ["opening"])
        harness.stripe.release()
        try await call
        #expect(try await harness.states() == ["dead"])
        #expect(try await harness.record().sessions.map(\.status) == ["expired"])
    }

    @Test func cancellationBeforeTheCallWithdrawsIt() async throws {
        let harness = try await PaymentsHarness()
        try await harness.start()
        try await harness.cancelOrder()
        try await harness.settle()
        #expect(try await harness.calls() == ["create_session 1 withdrawn"])
        #expect(try await harness.record().sessions.isEmpty)
    }

    @Test func aPaymentDuringCancellationIsUndone() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        try await harness.cancelOrder()
        // The buyer pays after the decision to close the page, and before the call that closes it.
        _ = try await harness.sandbox.pay(at: page.url)
        #expect(try await harness.record().money == Self.reserved)
        try await harness.settle()
        #expect(
            try await harness.calls() == ["create_session 1 done", "expire_session 1 refused", "cancel_intent 1 done"])
        #expect(try await harness.states() == ["dead"])
        #expect(try await harness.record().money == Self.nothing)
    }

    @Test func cancellationBeforeConfirmationUndoesTheAuthorization() async throws {
        let harness = try await PaymentsHarness()
        try await pay(harness)
        try await harness.hint()
        try await harness.callStripe()
        #expect(try await harness.eventTypes() == ["PaymentAuthorized"])
        try await harness.cancelOrder()
        try await harness.settle()
        #expect(harness.orderState?.status == .cancelled)
        #expect(try await harness.states() == ["dead"])
        #expect(try await harness.record().money == Self.nothing)
        #expect(try await harness.record().payment_intents.map(\.status) == ["canceled"])
    }

    // MARK: Cards

    @Test func anotherCardWorksAfterADecline() async throws {
        let harness = try await PaymentsHarness()
        let page = try await harness.openPage()
        #expect(try await harness.sandbox.pay(at: page.url, card: "4000 0000 0000 0002") == 402)
        try await harness.hint()
        try await harness.settle()
        #expect(try await harness.states() == ["open"])
        _ = try await harness.sandbox.pay(at: page.url)
        try await harness.hint()
        try await harness.settle()
        #expect(harness.orderState?.status == .complete)
    }

    @Test func aFailedCaptureCancelsTheOrder() async throws {
        let harness = try await PaymentsHarness()
        try await pay(harness, card: "4000 0040 2000 0000")
        try await harness.hint()
        try await harness.settle()
        #expect(harness.orderState?.status == .cancelled)
        #expect(harness.orderState?.reason == .paymentFailed)
        #expect(try await harness.states() == ["dead"])
        #expect(try await harness.eventTypes() == ["PaymentAuthorized", "PaymentFailed"])
        #expect(try await harness.record().money == Self.nothing)
    }

    @Test func anExpiredPageIsReplaced() async throws {
        let harness = try await PaymentsHarness(hold: .seconds(86_400 * 3))
        _ = try await harness.openPage()
        try await harness.sandbox.advance(seconds: 86_400)
        harness.advance(.seconds(86_400))
        try await harness.settle()
        #expect(try await harness.states() == ["dead"])
        #expect(harness.orderState?.status == .awaitingPayment)
        try await pay(harness)
        try await harness.hint()
        try await harness.settle()
        #expect(try await harness.states() == ["dead", "captured"])
        #expect(harness.orderState?.status == .complete)
        #expect(harness.orderState?.attempt == 2)
    }

    @Test func aRefusalByStripeRefusesTheCommand() async throws {
        let harness = try await PaymentsHarness()
        try await harness.sandbox.fail(#"{"operation": "checkout.sessions.create", "kind": "status", "status": 400}"#)
        let id = try await harness.start()
        try await harness.callStripe()
        #expect(harness.reply(to: id)?.outcome == .refused)
        #expect(try await harness.states() == ["dead"])
    }
}

extension PaymentsHarness {
    /// Handles another `StartPayment`. Returns the number of calls, or `nil` if another call was planned.
    func openPageAgain() async throws -> Int? {
        let before = try await calls().count
        try await start()
        return try await calls().count == before ? before : nil
    }
}
