/// Opens a page to pay an order at. Asked again for the same order, the reply is the same page. The id of the command
/// is only its own.
public struct StartPayment: CommandPayload {
    public var orderId: OrderID
    /// The version of the order that the sender saw.
    public var orderVersion: Int64

    public init(orderId: OrderID, orderVersion: Int64) {
        self.orderId = orderId
        self.orderVersion = orderVersion
    }
}

/// The reply to ``StartPayment``: where to pay.
public struct Checkout: Codable, Hashable, Sendable {
    /// Stripe's id of the Checkout Session (`cs_…`).
    public var id: String
    public var url: String

    public init(id: String, url: String) {
        self.id = id
        self.url = url
    }
}

/// Stripe says that something has happened to a session or a PaymentIntent of ours. Only a hint: the object is fetched.
/// The id of the command is made of Stripe's event id, so a webhook sent twice is one.
public struct ReceiveStripeEvent: CommandPayload {
    /// Stripe's id (`evt_…`).
    public var eventId: String
    /// Stripe's type (`checkout.session.completed`).
    public var eventType: String
    /// The id of the object that it is about (`cs_…`, `pi_…`, `ch_…`).
    public var objectId: String
    /// The order and the attempt, where the object's metadata names them.
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

/// The buyer is back from the page where they pay: a hint to look now.
public struct CheckPayment: CommandPayload {
    public var orderId: OrderID
    public init(orderId: OrderID) { self.orderId = orderId }
}

/// All that the payments service can be asked.
public enum PaymentsCommand: Sendable {
    case startPayment(StartPayment)
    case receiveStripeEvent(ReceiveStripeEvent)
    case checkPayment(CheckPayment)
}

/// All that the payments service is told.
public enum PaymentsEvent: Sendable {
    case order(OrderState)
}
