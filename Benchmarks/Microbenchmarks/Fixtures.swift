import Marketplace

/// The inputs of the microbenchmarks: a popular listing, and an order for it.
enum Fixtures {
    /// Number of messages in a full batch.
    static let batchSize = 256
    static let now = Timestamp(seconds: 1_790_000_000)

    static let details = ShowDetails(
        venue: "Waldbühne", city: "Berlin", startsAt: now + .seconds(40 * 86400), timeZone: "Europe/Berlin",
        section: "B", row: "12", note: "Two seats next to each other.")

    static let listing = ListingState(
        id: .new(), sellerId: .new(), title: "The Long Night of the Cello", price: 6500, currency: .usd,
        quantity: 100_000, details: details, withdrawn: false, version: 3, createdAt: now, updatedAt: now)

    static let order = OrderState(
        id: .new(), userId: .new(), ticketId: listing.id, ticketTitle: listing.title, details: details, quantity: 2,
        price: 6500, total: 13000, currency: .usd, status: .awaitingPayment, reason: nil, attempt: nil,
        expiresAt: now + .seconds(900), createdAt: now, updatedAt: now, version: 1)

    static let createOrder = CreateOrder(
        ticketId: listing.id, quantity: 2, price: 6500, currency: .usd, ticketVersion: 3, userVersion: 1)

    static func listingCopy(_ id: ListingID) -> ListingCopy {
        ListingCopy(
            id: id, sellerId: listing.sellerId, title: listing.title, price: 6500, currency: .usd, offered: 100_000,
            details: details, withdrawn: false, version: 3, held: 512, nextUnit: 513)
    }
}
