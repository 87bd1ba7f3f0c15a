import Marketplace

/// The body of `POST /api/orders`.
struct NewOrderInput: Sendable {
    let ticketID: ListingID
    let quantity: Int
    /// The names of the seats that the buyer wants, or `nil` for any.
    let seats: [String]?
    /// The price of one unit, with its fees, that the page or the API showed to the buyer.
    let price: Int64
    /// The currency of that price, if given.
    let currency: Currency?

    init(_ body: [UInt8]) throws(Problem) {
        var fields = try JSONFields(body)
        let ticketID = fields.id("ticketId", of: Kind.Listing.self)
        seats = fields.seats("seats")
        let quantity = fields.quantity("quantity", upTo: OrderState.quantityLimit, seats: seats)
        let price = fields.price("price")
        let currency = fields.currency("currency")
        guard fields.finish(), let ticketID, let price else { throw fields.problem }
        self.ticketID = ticketID
        self.quantity = quantity
        self.price = price
        self.currency = currency
    }
}
