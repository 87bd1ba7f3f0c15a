/// Takes units of a listing and holds them. The id of the command is the order's.
public struct CreateOrder: CommandPayload {
    public var ticketId: TicketID
    public var quantity: Int
    /// The price of one unit that the buyer saw, where they said so: another one now is refused.
    public var price: Int64?
    /// The currency of that price, where they said so.
    public var currency: Currency?
    /// The versions of the listing and the buyer that the sender saw: an older copy puts the command off.
    public var ticketVersion: Int64
    public var userVersion: Int64

    public init(
        ticketId: TicketID, quantity: Int, price: Int64?, currency: Currency? = nil, ticketVersion: Int64,
        userVersion: Int64
    ) {
        self.ticketId = ticketId
        self.quantity = quantity
        self.price = price
        self.currency = currency
        self.ticketVersion = ticketVersion
        self.userVersion = userVersion
    }
}

/// Gives up an order that is not paid.
public struct CancelOrder: CommandPayload {
    public var orderId: OrderID
    public init(orderId: OrderID) { self.orderId = orderId }
}

/// All that the orders service can be asked.
public enum OrdersCommand: Sendable {
    case createOrder(CreateOrder)
    case cancelOrder(CancelOrder)
}

/// All that the orders service is told.
public enum OrdersEvent: Sendable {
    case user(UserState)
    case ticket(TicketState)
    case expired(OrderExpiry)
    case payment(PaymentEvent)
}
