/// A listing as `TicketCreated` and `TicketUpdated` tell it: its facts, without what is held or sold.
public struct TicketState: Codable, Hashable, Sendable {
    public var id: TicketID
    public var sellerId: UserID
    public var title: String
    /// Of one unit, in minor units of the currency.
    public var price: Int64
    public var currency: Currency
    /// How many like units are offered, those held and sold among them.
    public var quantity: Int
    public var details: EventDetails
    /// Whether the seller has taken off sale what is still free.
    public var withdrawn: Bool
    public var version: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: TicketID, sellerId: UserID, title: String, price: Int64, currency: Currency, quantity: Int,
        details: EventDetails = EventDetails(), withdrawn: Bool, version: Int64, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.sellerId = sellerId
        self.title = title
        self.price = price
        self.currency = currency
        self.quantity = quantity
        self.details = details
        self.withdrawn = withdrawn
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// The most units a listing can offer.
    public static let quantityLimit = 1_000_000
    /// The most characters (Unicode scalars, as JSON Schema counts them) of a title.
    public static let titleLimit = 200

    /// Whether a listing can be called so: not blank, not too long, and on one line, with no control characters.
    public static func isTitle(_ text: String) -> Bool {
        PlainText.isLine(text, upTo: titleLimit)
    }

    /// Whether a buyer of the one has what the other promises: the same event, and the same place in it.
    func isSameTicket(as other: TicketState) -> Bool {
        title == other.title && details.withoutNote == other.details.withoutNote
    }
}
