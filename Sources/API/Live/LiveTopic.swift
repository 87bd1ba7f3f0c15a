import Marketplace

/// A listing or an order that can be watched.
enum LiveTopic: Hashable, Sendable {
    case listing(ListingID)
    case order(OrderID)
}
