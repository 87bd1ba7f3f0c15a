/// What the orders service keeps of a listing: its copy, and the counters that say what is free.
public struct TicketOffer: Hashable, Sendable {
    public var id: TicketID
    public var sellerId: UserID
    public var title: String
    public var price: Int64
    public var currency: Currency
    public var offered: Int
    public var details: EventDetails
    public var withdrawn: Bool
    public var version: Int64
    /// Units that an order has, paid or not.
    public var held: Int
    /// The lowest number that was never handed out. Those below it that no order has are free.
    public var nextUnit: Int
    /// No unit below it is free: where to begin to look.
    public var freeFrom: Int

    public init(
        id: TicketID, sellerId: UserID, title: String, price: Int64, currency: Currency, offered: Int,
        details: EventDetails = EventDetails(), withdrawn: Bool, version: Int64, held: Int, nextUnit: Int,
        freeFrom: Int = 1
    ) {
        self.id = id
        self.sellerId = sellerId
        self.title = title
        self.price = price
        self.currency = currency
        self.offered = offered
        self.details = details
        self.withdrawn = withdrawn
        self.version = version
        self.held = held
        self.nextUnit = nextUnit
        self.freeFrom = freeFrom
    }

    init(_ state: TicketState) {
        self.init(
            id: state.id, sellerId: state.sellerId, title: state.title, price: state.price, currency: state.currency,
            offered: Self.offered(state), details: state.details, withdrawn: state.withdrawn, version: state.version,
            held: 0, nextUnit: 1)
    }

    mutating func take(_ state: TicketState) {
        title = state.title
        price = state.price
        currency = state.currency
        offered = Self.offered(state)
        details = state.details
        withdrawn = state.withdrawn
        version = state.version
    }

    /// An event that someone wrote by hand may tell any quantity.
    private static func offered(_ state: TicketState) -> Int {
        min(max(state.quantity, 0), TicketState.quantityLimit)
    }

    /// How many can be ordered.
    public var left: Int { withdrawn ? 0 : max(0, offered - held) }

    /// How many units came back and were not handed out again.
    public var returned: Int { nextUnit - 1 - held }
}
