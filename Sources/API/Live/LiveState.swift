import Marketplace

/// The state of a topic that its watchers see.
enum LiveState: Hashable, Sendable {
    case listing(ListingAvailability)
    case order(OrderState)

    var topic: LiveTopic {
        switch self {
        case .listing(let listing): .listing(listing.id)
        case .order(let order): .order(order.id)
        }
    }

    /// The name of the server-sent event.
    var name: String {
        switch self {
        case .listing: "ticket"
        case .order: "order"
        }
    }
}
