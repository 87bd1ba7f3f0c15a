/// An order as the API shows it.
public struct OrderRepresentation: Codable, Hashable, Sendable {
    /// The listing and the show of the order at the time of its creation.
    public struct Ticket: Codable, Hashable, Sendable {
        public var id: ListingID
        public var title: String
        /// The seller's price of one unit, in minor units of the currency.
        public var price: Int64
        public var venue: String?
        public var city: String?
        public var startsAt: Timestamp?
        public var timeZone: String?
        public var section: String?
        public var row: String?
        public var note: String?

        init(of order: OrderState) {
            id = order.ticketId
            title = order.ticketTitle
            price = order.price
            venue = order.details.venue
            city = order.details.city
            startsAt = order.details.startsAt
            timeZone = order.details.timeZone
            section = order.details.section
            row = order.details.row
            note = order.details.note
        }
    }

    public var id: OrderID
    public var userId: UserID
    public var status: OrderState.Status
    public var reason: OrderState.Reason?
    /// When the order was frozen, because its seller was banned.
    public var frozenAt: Timestamp?
    public var quantity: Int
    /// The names of the seats, if the listing has seats.
    public var seats: [String]?
    public var price: Int64
    /// The price that the buyer pays for one unit. Replies of the previous build do not contain it.
    public var allIn: Int64?
    public var breakdown: PriceBreakdown?
    public var total: Int64
    public var currency: Currency
    public var expiresAt: Timestamp
    public var createdAt: Timestamp
    public var updatedAt: Timestamp
    public var version: Int64
    public var ticket: Ticket

    public init(_ state: OrderState) {
        id = state.id
        userId = state.userId
        status = state.status
        reason = state.reason
        frozenAt = state.frozenAt
        quantity = state.quantity
        seats = state.seats
        price = state.price
        allIn = state.allIn
        breakdown = state.pricing.breakdown(of: state.price)
        total = state.total
        currency = state.currency
        expiresAt = state.expiresAt
        createdAt = state.createdAt
        updatedAt = state.updatedAt
        version = state.version
        ticket = Ticket(of: state)
    }
}
