/// The payments service's unit of work: holds the payments of a batch's orders, decides messages, and records the
/// changes.
public struct PaymentsDecider: Sendable {
    public private(set) var payments: [OrderID: OrderPayments] = [:]
    /// The order and the attempt of each session and PaymentIntent, by Stripe's id.
    private let owners: [String: (order: OrderID, attempt: Int)]
    private let times: PaymentTimes
    /// The time of the last decision.
    public private(set) var now: Timestamp?

    public init(
        payments: [OrderPayments], owners: [String: (order: OrderID, attempt: Int)] = [:], times: PaymentTimes
    ) {
        for orderPayments in payments { self.payments[orderPayments.order.id] = orderPayments }
        self.owners = owners
        self.times = times
    }

    public mutating func decide(_ message: Message<PaymentsCommand, PaymentsEvent>, now: Timestamp) -> Decision {
        self.now = now
        return switch message {
        case .command(let head, .startPayment(let command)): startPayment(head, command, now: now)
        case .command(_, .receiveStripeEvent(let command)): receiveStripeEvent(command, now: now)
        case .command(let head, .checkPayment(let command)): checkPayment(head, command, now: now)
        case .command(let head, .retryPayment(let command)): retryPayment(head, command, now: now)
        case .event(_, .order(let order)): apply(order, now: now)
        }
    }
}

extension PaymentsDecider {
    private mutating func startPayment(_ head: CommandHead, _ command: StartPayment, now: Timestamp) -> Decision {
        guard var payments = payments[command.orderId], payments.order.version >= command.orderVersion else {
            return Self.orderBehind
        }
        guard head.actor == .user(payments.order.userId) else {
            return .refused(.forbidden, "Only the buyer may pay for an order.")
        }
        payments.start(PaymentWaiter(command: head.id, reply: head.reply), now: now)
        let events = payments.takeEvents()
        // If the reply is already known, the decision returns it.
        let reply = payments.takeReply(to: head.id)
        self.payments[command.orderId] = payments
        return Decision(reply?.outcome ?? .replyLater, events: events)
    }

    private mutating func checkPayment(_ head: CommandHead, _ command: CheckPayment, now: Timestamp) -> Decision {
        guard var payments = payments[command.orderId] else { return Self.orderBehind }
        guard head.actor == .user(payments.order.userId) || head.actor == .operator else {
            return .refused(.forbidden, "Only the buyer may check the payment of an order.")
        }
        payments.poll(nil, after: head.actor == .operator ? .refunded : .other, now: now)
        self.payments[command.orderId] = payments
        return .done
    }

    private mutating func retryPayment(_ head: CommandHead, _ command: RetryPayment, now: Timestamp) -> Decision {
        guard head.actor == .operator else { return .refused(.forbidden, "Only an operator may do this.") }
        guard var payments = payments[command.orderId] else {
            return .refused(.notFound, "The payments service has no order with this id.")
        }
        let calls = payments.retryStuckCalls(now: now)
        guard calls > 0 else { return .refused(.conflict, "No call of this order is stuck.") }
        self.payments[command.orderId] = payments
        return .reply(RetriedPayment(calls: calls))
    }

    /// Events about unknown objects are ignored, because another system may share the Stripe account.
    private mutating func receiveStripeEvent(_ command: ReceiveStripeEvent, now: Timestamp) -> Decision {
        let owner = owners[command.objectId]
        guard let order = owner?.order ?? command.orderId, var payments = payments[order] else { return .done }
        payments.poll(owner?.attempt ?? command.attempt, after: WebhookHint(eventType: command.eventType), now: now)
        self.payments[order] = payments
        return .done
    }

    private mutating func apply(_ order: PayableOrder, now: Timestamp) -> Decision {
        guard var payments = payments[order.id] else {
            self.payments[order.id] = OrderPayments(order: order, isNew: true, times: times)
            return .done
        }
        payments.apply(order, now: now)
        let events = payments.takeEvents()
        self.payments[order.id] = payments
        return .done(events: events)
    }

    private static let orderBehind = Decision.deferred("the copy of the order is behind")
}

extension OrderPayments {
    fileprivate mutating func takeReply(to command: CommandID) -> PaymentReply? {
        guard let index = replies.firstIndex(where: { $0.waiter.command == command }) else { return nil }
        return replies.remove(at: index)
    }
}
