/// What the payments service knows of a batch's orders, and what it has decided to change.
public struct PaymentsDesk: Sendable {
    public private(set) var files: [OrderID: PaymentFile] = [:]
    /// Which order and attempt a session or PaymentIntent of Stripe's belongs to.
    private let owners: [String: (order: OrderID, attempt: Int)]
    private let times: PaymentTimes
    /// When it was last asked.
    public private(set) var now: Timestamp?

    public init(files: [PaymentFile], owners: [String: (order: OrderID, attempt: Int)] = [:], times: PaymentTimes) {
        for file in files { self.files[file.order.id] = file }
        self.owners = owners
        self.times = times
    }

    public mutating func decide(_ message: Message<PaymentsCommand, PaymentsEvent>, now: Timestamp) -> Decision {
        self.now = now
        return switch message {
        case .command(let head, .startPayment(let command)): start(head, command, now: now)
        case .command(_, .receiveStripeEvent(let command)): receive(command, now: now)
        case .command(let head, .checkPayment(let command)): check(head, command, now: now)
        case .event(_, .order(let order)): hear(order, now: now)
        }
    }
}

extension PaymentsDesk {
    private mutating func start(_ head: CommandHead, _ command: StartPayment, now: Timestamp) -> Decision {
        guard var file = files[command.orderId], file.order.version >= command.orderVersion else {
            return .putOff("the copy of the order is behind")
        }
        guard head.actor == .user(file.order.userId) else {
            return .refused(.forbidden, "Only its buyer may pay an order.")
        }
        file.start(PaymentWaiter(command: head.id, reply: head.reply), now: now)
        let events = file.takeEvents()
        // What can be told at once needs no waiting.
        let answer = file.takeAnswer(to: head.id)
        files[command.orderId] = file
        return Decision(answer?.verdict ?? .answeredLater, events: events)
    }

    private mutating func check(_ head: CommandHead, _ command: CheckPayment, now: Timestamp) -> Decision {
        guard var file = files[command.orderId] else { return .putOff("the copy of the order is behind") }
        guard head.actor == .user(file.order.userId) || head.actor == .operator else {
            return .refused(.forbidden, "Only its buyer may ask for an order's payment.")
        }
        file.look(at: nil, about: head.actor == .operator ? .refunded : .other, now: now)
        files[command.orderId] = file
        return .done
    }

    /// What is none of ours (another system may share the account at Stripe) is taken in and forgotten.
    private mutating func receive(_ command: ReceiveStripeEvent, now: Timestamp) -> Decision {
        let owner = owners[command.objectId]
        guard let order = owner?.order ?? command.orderId, var file = files[order] else { return .done }
        file.look(at: owner?.attempt ?? command.attempt, about: StripeNews(eventType: command.eventType), now: now)
        files[order] = file
        return .done
    }

    private mutating func hear(_ state: OrderState, now: Timestamp) -> Decision {
        guard var file = files[state.id] else {
            files[state.id] = PaymentFile(order: PayableOrder(state), isNew: true, times: times)
            return .done
        }
        file.hear(state, now: now)
        let events = file.takeEvents()
        files[state.id] = file
        return .done(Verdict.Empty(), events: events)
    }
}

extension PaymentFile {
    fileprivate mutating func takeAnswer(to command: CommandID) -> PaymentAnswer? {
        guard let index = answers.firstIndex(where: { $0.waiter.command == command }) else { return nil }
        return answers.remove(at: index)
    }
}
