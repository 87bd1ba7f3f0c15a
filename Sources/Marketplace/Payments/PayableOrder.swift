/// What payments keeps of an order: its copy, fed by the order's events.
public struct PayableOrder: Hashable, Sendable {
    public var id: OrderID
    public var userId: UserID
    /// The listing's title, for the page where it is paid.
    public var title: String
    public var quantity: Int
    /// Of one unit, in minor units.
    public var price: Int64
    /// Of the whole order, in minor units.
    public var total: Int64
    public var currency: Currency
    public var status: OrderState.Status
    /// The attempt that claimed it, from `confirmed` on.
    public var claimed: Int?
    public var expiresAt: Timestamp
    public var version: Int64
    /// How many events payments has told of this order: the version of the last.
    public var told: Int64

    public init(
        id: OrderID, userId: UserID, title: String, quantity: Int, price: Int64, total: Int64,
        currency: Currency, status: OrderState.Status, claimed: Int?, expiresAt: Timestamp, version: Int64, told: Int64
    ) {
        self.id = id
        self.userId = userId
        self.title = title
        self.quantity = quantity
        self.price = price
        self.total = total
        self.currency = currency
        self.status = status
        self.claimed = claimed
        self.expiresAt = expiresAt
        self.version = version
        self.told = told
    }

    public init(_ state: OrderState) {
        self.init(
            id: state.id, userId: state.userId, title: state.ticketTitle, quantity: state.quantity, price: state.price,
            total: state.total, currency: state.currency, status: state.status, claimed: state.attempt,
            expiresAt: state.expiresAt,
            version: state.version, told: 0)
    }

    /// Takes what a newer event says. An older one, or the same again, changes nothing.
    /// - Returns: whether it was newer.
    mutating func follow(_ state: OrderState) -> Bool {
        guard state.version > version else { return false }
        let told = told
        self = PayableOrder(state)
        self.told = told
        return true
    }

    /// Whether a page to pay it at may be opened.
    func isPayable(at now: Timestamp) -> Bool { status == .awaitingPayment && now < expiresAt }
}
