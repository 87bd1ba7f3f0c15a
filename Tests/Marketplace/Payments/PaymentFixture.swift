@testable import Marketplace

/// Default values of the payments tests: an order and its payments.
enum PaymentFixture {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let orderId = OrderID("018f0000-0000-7000-8000-0000000000aa")!
    static let buyer = UserID("018f0000-0000-7000-8000-0000000000bb")!

    static func state(
        _ status: OrderState.Status = .awaitingPayment, attempt: Int? = nil, version: Int64 = 1,
        expiresAt: Timestamp = now + OrdersRules.defaultHoldLength
    ) -> OrderState {
        OrderState(
            id: orderId, userId: buyer, ticketId: ListingID("018f0000-0000-7000-8000-0000000000cc")!,
            ticketTitle: "A seat", quantity: 2, price: 2500, total: 5000, currency: .usd, status: status,
            reason: status == .cancelled ? .expired : nil, attempt: attempt, expiresAt: expiresAt, createdAt: now,
            updatedAt: now, version: version)
    }

    static func command(_ number: Int) -> CommandID {
        CommandID("018f0000-0000-7000-8000-0000000001\(number < 10 ? "0" : "")\(number)")!
    }

    static func waiter(_ number: Int) -> PaymentWaiter { PaymentWaiter(command: command(number), reply: "api-1") }

    static func attempt(_ state: PaymentAttempt.State, number: Int = 1) -> PaymentAttempt {
        let isMade = state != .opening
        return PaymentAttempt(
            number: number, state: state, amount: 5000, currency: .usd, sessionId: isMade ? "cs_\(number)" : nil,
            sessionURL: isMade ? "https://pay/cs_\(number)" : nil, sessionExpiresAt: now + .seconds(2100),
            intentId: isMade && state != .open ? "pi_\(number)" : nil)
    }

    static func payments(
        _ status: OrderState.Status, claimed: Int? = nil, _ states: [PaymentAttempt.State],
        calls: [PaymentCall] = [], waiters: [PaymentWaiter] = []
    ) -> OrderPayments {
        OrderPayments(
            order: PayableOrder(state(status, attempt: claimed)),
            attempts: states.enumerated().map { attempt($0.element, number: $0.offset + 1) }, calls: calls,
            waiters: waiters, times: PaymentTimes())
    }

    static func call(
        _ operation: PaymentCall.Operation, attempt: Int = 1, try: Int = 1, runs: Int = 0
    ) -> PaymentCall {
        PaymentCall(attempt: attempt, operation: operation, try: `try`, dueAt: now, runs: runs, createdAt: now)
    }

    static func session(_ status: SessionSnapshot.Status, number: Int = 1) -> SessionSnapshot {
        SessionSnapshot(
            id: "cs_\(number)", status: status, url: "https://pay/cs_\(number)", expiresAt: now + .seconds(2100),
            intentId: nil, amount: 5000, currency: "usd", orderId: orderId, attempt: number)
    }

    static func intent(
        _ status: IntentSnapshot.Status, amount: Int64 = 5000, currency: String = "usd", order: OrderID? = orderId,
        number: Int = 1, refunded: Int64 = 0
    ) -> IntentSnapshot {
        IntentSnapshot(
            id: "pi_\(number)", status: status, amount: amount,
            amountCapturable: status == .requiresCapture ? amount : 0,
            amountReceived: status == .succeeded ? amount : 0, amountRefunded: refunded, currency: currency,
            orderId: order, attempt: number, reason: nil)
    }
}

extension OrderPayments {
    var pending: [PaymentCall.Operation] { calls.filter { $0.state == .pending }.map(\.operation) }
    var emitted: [PaymentEvent.Kind] { events.compactMap { ($0.body as? PaymentEvent)?.kind } }
}
