/// Lists a ticket. The id of the command is the ticket's.
public struct CreateTicket: CommandPayload {
    public var title: String
    public var price: Int64
    public var currency: Currency
    public var quantity: Int
    public var details: EventDetails
    /// The version of the seller that the sender saw.
    public var userVersion: Int64

    public init(
        title: String, price: Int64, currency: Currency, quantity: Int, details: EventDetails = EventDetails(),
        userVersion: Int64
    ) {
        self.title = title
        self.price = price
        self.currency = currency
        self.quantity = quantity
        self.details = details
        self.userVersion = userVersion
    }
}

/// Changes a listing: what is nil stays as it is.
public struct ChangeTicket: CommandPayload {
    public var ticketId: TicketID
    public var title: String?
    public var price: Int64?
    public var currency: Currency?
    public var quantity: Int?
    /// Each member that is nil stays as it is too; an empty section, row or note takes it away.
    public var details: EventDetails
    /// True takes off sale what is still free, false puts it back.
    public var withdrawn: Bool?
    /// The version that is to be changed, where the sender wants no other (`If-Match`).
    public var ifVersion: Int64?
    public var userVersion: Int64

    public init(
        ticketId: TicketID, title: String? = nil, price: Int64? = nil, currency: Currency? = nil, quantity: Int? = nil,
        details: EventDetails = EventDetails(), withdrawn: Bool? = nil, ifVersion: Int64? = nil, userVersion: Int64
    ) {
        self.ticketId = ticketId
        self.title = title
        self.price = price
        self.currency = currency
        self.quantity = quantity
        self.details = details
        self.withdrawn = withdrawn
        self.ifVersion = ifVersion
        self.userVersion = userVersion
    }
}

/// All that the tickets service can be asked.
public enum TicketsCommand: Sendable {
    case createTicket(CreateTicket)
    case changeTicket(ChangeTicket)
}

/// All that the tickets service is told.
public enum TicketsEvent: Sendable {
    case user(UserState)
    case order(OrderState)
}
