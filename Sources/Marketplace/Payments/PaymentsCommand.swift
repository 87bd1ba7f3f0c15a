/// Opens a checkout page for an order. A second command for the same order gets the same page as its reply.
///
/// No new object gets the command's id.
public struct StartPayment: CommandPayload {
    public var orderId: OrderID
    /// The order's version that the sender saw. The command is deferred while the copy is older.
    public var orderVersion: Int64

    public init(orderId: OrderID, orderVersion: Int64) {
        self.orderId = orderId
        self.orderVersion = orderVersion
    }
}

/// The reply to ``StartPayment``: the checkout page.
public struct Checkout: Codable, Hashable, Sendable {
    /// The id of the Checkout Session (`cs_…`).
    public var id: String
    public var url: String

    public init(id: String, url: String) {
        self.id = id
        self.url = url
    }
}

/// A webhook about a session, a PaymentIntent, a charge or a refund. It is only a hint, because the object is fetched
/// from Stripe.
///
/// The command's id is derived from Stripe's event id, so that a repeated webhook is the same command.
public struct ReceiveStripeEvent: CommandPayload {
    /// The id of Stripe's event (`evt_…`).
    public var eventId: String
    /// The type of Stripe's event (`checkout.session.completed`).
    public var eventType: String
    /// The id of the object in the event (`cs_…`, `pi_…`, `ch_…`, `re_…`).
    public var objectId: String
    /// The order and the attempt in the object's metadata, if it has them.
    public var orderId: OrderID?
    public var attempt: Int?

    public init(eventId: String, eventType: String, objectId: String, orderId: OrderID?, attempt: Int?) {
        self.eventId = eventId
        self.eventType = eventType
        self.objectId = objectId
        self.orderId = orderId
        self.attempt = attempt
    }
}

/// Polls the payment of an order now, because the buyer is back from the checkout page.
public struct CheckPayment: CommandPayload {
    public var orderId: OrderID
    public init(orderId: OrderID) { self.orderId = orderId }
}

/// Tries the stuck calls of an order again. Only an operator may send it.
public struct RetryPayment: CommandPayload {
    public var orderId: OrderID
    public init(orderId: OrderID) { self.orderId = orderId }
}

/// The reply to ``RetryPayment``.
public struct RetriedPayment: Codable, Hashable, Sendable {
    /// The number of calls that were stuck.
    public var calls: Int
    public init(calls: Int) { self.calls = calls }
}

/// The commands of the payments service.
public enum PaymentsCommand: Sendable {
    case startPayment(StartPayment)
    case receiveStripeEvent(ReceiveStripeEvent)
    case checkPayment(CheckPayment)
    case retryPayment(RetryPayment)
}

/// The events that the payments service follows.
public enum PaymentsEvent: Sendable {
    case order(PayableOrder)
}
