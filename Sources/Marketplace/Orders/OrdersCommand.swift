/// Creates an order, which holds units of a listing. The id of the command becomes the id of the order.
public struct CreateOrder: CommandPayload {
    public var ticketId: ListingID
    public var quantity: Int
    /// The names of the seats that the buyer wants, as many as `quantity`, or nil for any seats.
    public var seats: [String]?
    /// The price of one unit, with its fees, that the buyer saw, or nil for any price. If the price has changed since,
    /// the command is refused.
    public var price: Int64?
    /// The currency of that price, or nil for any currency.
    public var currency: Currency?
    /// The versions of the listing and the buyer that the sender saw. An older copy defers the command.
    public var ticketVersion: Int64
    public var userVersion: Int64

    public init(
        ticketId: ListingID, quantity: Int, seats: [String]? = nil, price: Int64?, currency: Currency? = nil,
        ticketVersion: Int64, userVersion: Int64
    ) {
        self.seats = seats
        self.ticketId = ticketId
        self.quantity = quantity
        self.price = price
        self.currency = currency
        self.ticketVersion = ticketVersion
        self.userVersion = userVersion
    }
}

/// Cancels an unpaid order.
public struct CancelOrder: CommandPayload {
    public var orderId: OrderID
    public init(orderId: OrderID) { self.orderId = orderId }
}

/// Ends the hold of an unpaid order when it expires.
public struct ExpireOrder: TimerCommand {
    public var subject: OrderID
    public var due: Timestamp

    public init(subject: OrderID, due: Timestamp) {
        self.subject = subject
        self.due = due
    }
}

/// Releases one frozen order. The API checks that the sender is an admin.
public struct UnfreezeOrder: CommandPayload {
    public var orderId: OrderID
    public init(orderId: OrderID) { self.orderId = orderId }
}

/// The commands of the orders service.
public enum OrdersCommand: Sendable {
    case createOrder(CreateOrder)
    case cancelOrder(CancelOrder)
    case expireOrder(ExpireOrder)
    case unfreezeOrder(UnfreezeOrder)
}

/// The events that the orders service follows, and the slices of its own work.
public enum OrdersEvent: Sendable {
    case user(UserState)
    case listing(ListingState)
    /// The end of a hold, announced by the previous build. This build sends ``ExpireOrder`` instead.
    case expired(PreviousBuildExpiry)
    case payment(PaymentEvent)
    /// A slice of ``Work/Kind/endHolds``.
    case endHolds(WorkSlice)
    /// A slice of ``Work/Kind/endHoldsOfListing``.
    case endHoldsOfListing(WorkSlice)
    /// A slice of ``Work/Kind/endHoldsOfCancelledEvent``.
    case endHoldsOfCancelledEvent(WorkSlice)
    /// A slice of ``Work/Kind/freezeOrders``.
    case freezeOrders(WorkSlice)
    /// A slice of ``Work/Kind/unfreezeOrders``.
    case unfreezeOrders(WorkSlice)
}
