/// What can be had of a listing at a moment, as the orders service counts it.
public struct TicketAvailability: Hashable, Sendable {
    public var id: TicketID
    /// Of one unit, in minor units of the currency.
    public var price: Int64
    public var currency: Currency
    public var offered: Int
    public var withdrawn: Bool
    /// Of the listing's facts: all of the above.
    public var version: Int64
    /// Units that an order has, paid or not.
    public var held: Int

    public init(
        id: TicketID, price: Int64, currency: Currency, offered: Int, withdrawn: Bool, version: Int64, held: Int
    ) {
        self.id = id
        self.price = price
        self.currency = currency
        self.offered = offered
        self.withdrawn = withdrawn
        self.version = version
        self.held = held
    }

    /// Of a listing that the orders service has not heard of yet.
    public init(_ listing: Listing) {
        let state = listing.state
        self.init(
            id: state.id, price: state.price, currency: state.currency, offered: state.quantity,
            withdrawn: state.withdrawn, version: state.version, held: listing.held + listing.sold)
    }

    /// How many can be ordered.
    public var left: Int { withdrawn ? 0 : max(0, offered - held) }

    /// Takes in newer facts. The orders service may not have heard of them yet.
    public mutating func hear(_ state: TicketState) {
        guard state.version > version else { return }
        (price, currency, offered) = (state.price, state.currency, state.quantity)
        (withdrawn, version) = (state.withdrawn, state.version)
    }

    /// Takes in what was read later than this: its count, and its facts unless newer ones are known.
    public mutating func take(_ later: TicketAvailability) {
        if later.version >= version { self = later } else { held = later.held }
    }
}
