import Marketplace

/// A message to the payments service about one order.
enum PaymentsMessage: Hashable {
    case order(OrderState)
    case start(CommandID)
    case webhook(object: String, type: String)

    func message(now: Timestamp, order: OrderID, buyer: UserID) -> Message<PaymentsCommand, PaymentsEvent> {
        switch self {
        case .order(let state):
            return .event(EventHead(id: Fixture.id(205), version: state.version, at: now), .order(PayableOrder(state)))
        case .start(let id):
            let head = CommandHead(id: id, actor: .user(buyer), at: now, reply: "api")
            return .command(head, .startPayment(StartPayment(orderId: order, orderVersion: 1)))
        case .webhook(let object, let type):
            let head = CommandHead(id: Fixture.id(206), actor: .stripe, at: now)
            let event = ReceiveStripeEvent(
                eventId: "evt", eventType: type, objectId: object, orderId: nil, attempt: nil)
            return .command(head, .receiveStripeEvent(event))
        }
    }
}

/// An input to one order's payments: a message, or the result of a call to Stripe or of a poll.
enum PaymentsInput: Hashable {
    case message(PaymentsMessage)
    /// A worker has leased the call.
    case lease(PaymentCall.Name)
    case finish(PaymentCall.Name, PaymentOutcome)
    case observe(Int, PaymentSnapshot)
    case pollFailed(Int)
}
