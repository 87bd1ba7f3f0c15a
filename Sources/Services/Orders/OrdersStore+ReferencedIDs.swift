import Marketplace

extension OrdersStore {
    /// The ids that the messages of a batch refer to.
    struct ReferencedIDs {
        /// The users whose copies decisions depend on, or change.
        var users: Set<UserID> = []
        var listings: Set<ListingID> = []
        var orderedListings: Set<ListingID> { Set(requestedUnits.keys) }
        var orders: Set<OrderID> = []
        /// The ids of new orders. Such an order may exist: if an idempotency key is used again after its inbox row was
        /// dropped, the id is the same.
        var newOrders: Set<OrderID> = []
        /// The number of requested units of each listing.
        var requestedUnits: [ListingID: Int] = [:]
        /// For each listing whose event has seats, the sales of these seats.
        var announcedSales: [ListingID: [SeatSale.ID]] = [:]
        /// The listings that each buyer orders.
        var buyers: [UserID: Set<ListingID>] = [:]
        var slices: [WorkSlice] = []
        var sliceUsers: Set<UserID> { Set(slices.compactMap(\.user)) }
        /// The buyers whose holds end. They are locked before their unpaid orders are read.
        var sliceBuyers: Set<UserID> {
            Set(slices.lazy.filter { $0.work.kind == .endHolds }.compactMap(\.user))
        }
        /// True if a message is about the payment of an order.
        var hasPayments = false

        init(_ messages: [Message<OrdersCommand, OrdersEvent>]) {
            for message in messages {
                switch message {
                case .command(let head, .createOrder(let command)):
                    if let buyer = head.actor.userID {
                        users.insert(buyer)
                        buyers[buyer, default: []].insert(command.ticketId)
                    }
                    listings.insert(command.ticketId)
                    newOrders.insert(OrderID(head.id.uuid))
                    let units = max(0, min(command.quantity, OrderState.quantityLimit))
                    requestedUnits[command.ticketId, default: 0] += units
                case .command(_, .cancelOrder(let command)): orders.insert(command.orderId)
                case .command(_, .expireOrder(let command)): orders.insert(command.subject)
                case .event(_, .user(let user)): users.insert(user.id)
                case .event(_, .listing(let listing)):
                    listings.insert(listing.id)
                    if listing.seats != nil {
                        announcedSales[listing.id, default: []] += ListingCopy(listing).seatSales ?? []
                    }
                case .event(_, .expired(let expiry)): orders.insert(expiry.orderId)
                case .event(_, .payment(let payment)):
                    orders.insert(payment.orderId)
                    hasPayments = true
                case .command(let head, .unfreezeOrder(let command)):
                    if let actor = head.actor.userID { users.insert(actor) }
                    orders.insert(command.orderId)
                case .event(_, .endHolds(let slice)), .event(_, .freezeOrders(let slice)),
                    .event(_, .unfreezeOrders(let slice)):
                    slices.append(slice)
                case .event(_, .endHoldsOfListing(let slice)), .event(_, .endHoldsOfCancelledEvent(let slice)):
                    slices.append(slice)
                    listings.insert(ListingID(slice.work.subject))
                }
            }
            // The copies of these listings may not be stored yet, and the decision about an order depends on the
            // seller.
            for case .event(_, .listing(let listing)) in messages where orderedListings.contains(listing.id) {
                users.insert(listing.sellerId)
            }
        }
    }
}
