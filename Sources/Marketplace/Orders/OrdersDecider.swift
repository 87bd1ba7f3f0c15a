/// The orders service's unit of work: holds a batch's loaded orders, allocations and copies, decides messages, and
/// records the changes.
///
/// Inserted rows are not listed as updated. Upserted users are new or changed copies.
public struct OrdersDecider: Sendable {
    public private(set) var users: [UserID: UserCopy] = [:]
    public private(set) var listings: [ListingID: ListingCopy] = [:]
    public private(set) var orders: [OrderID: OrderState] = [:]
    public private(set) var units: UnitLedger
    /// The orders that count towards the limits, by buyer.
    public private(set) var holds: [UserID: BuyerHolds]
    private let rules: OrdersRules

    public private(set) var upsertedUsers: Set<UserID> = []
    public private(set) var insertedListings: Set<ListingID> = []
    /// The updated listings whose facts changed, not only their counters.
    public private(set) var listingsWithNewFacts: Set<ListingID> = []
    public private(set) var insertedOrders: [OrderID] = []
    /// The buyers whose lapses, or whose free cancellation, have changed.
    public private(set) var buyersWithLapses: Set<UserID> = []
    public internal(set) var work = WorkChanges()
    /// The sellers whose paid orders are frozen.
    public internal(set) var freezingSellers: Set<UserID>
    /// The changes of ``freezingSellers``.
    public internal(set) var freezes: [UserID: Bool] = [:]

    private var modifiedListings: Set<ListingID> = []
    private var modifiedOrders: Set<OrderID> = []

    public var updatedListings: Set<ListingID> { modifiedListings.subtracting(insertedListings) }
    public var updatedOrders: Set<OrderID> { modifiedOrders.subtracting(insertedOrders) }

    /// - Parameters:
    ///   - users: The copies of the actors, of the buyers of the orders, of the users in the events and slices, and of
    ///     the sellers of the ordered listings.
    ///   - listings: The copies of the listings that the messages refer to, and of the listings of the orders.
    ///   - orders: The orders that the messages refer to, any order with the id of a ``CreateOrder``, and the orders of
    ///     the slices.
    ///   - allocations: All allocations of the orders.
    ///   - free: The smallest free units of each ordered listing: as many as its commands ask for in total, or all if
    ///     there are fewer. If the listing has seats, all its free units.
    ///   - sales: The sales of the seats of ordered listings, by any listing, and those of listings that move to
    ///     another performance.
    ///   - holds: For the buyers of new orders, their unpaid orders and their units of the ordered listings. For all
    ///     buyers, the last lapses and the free cancellation.
    ///   - freezingSellers: The users whose paid orders are frozen, among `users` and the sellers of paid orders.
    public init(
        users: [UserCopy], listings: [ListingCopy], orders: [OrderState], allocations: [Allocation],
        free: [ListingID: [Int]], sales: [SeatSale] = [], holds: [UserID: BuyerHolds] = [:],
        freezingSellers: Set<UserID> = [],
        rules: OrdersRules
    ) {
        self.freezingSellers = freezingSellers
        for user in users { self.users[user.id] = user }
        for listing in listings { self.listings[listing.id] = listing }
        for order in orders { self.orders[order.id] = order }
        units = UnitLedger(allocations: allocations, free: free, sales: sales)
        self.holds = holds
        self.rules = rules
    }

    public mutating func decide(_ message: Message<OrdersCommand, OrdersEvent>, now: Timestamp) -> Decision {
        switch message {
        case .command(let head, .createOrder(let command)): createOrder(head, command, now: now)
        case .command(let head, .cancelOrder(let command)): cancelOrder(head, command, now: now)
        case .command(_, .expireOrder(let command)): expire(command.subject, now: now)
        case .command(let head, .unfreezeOrder(let command)): unfreeze(head, command, now: now)
        case .event(_, .user(let user)): apply(user)
        case .event(_, .listing(let listing)): apply(listing)
        case .event(_, .expired(let expiry)): expire(expiry.orderId, now: now)
        case .event(_, .payment(let payment)): apply(payment, now: now)
        case .event(_, .endHolds(let slice)): endHolds(slice, now: now)
        case .event(_, .endHoldsOfListing(let slice)): endHoldsOfListing(slice, now: now)
        case .event(_, .endHoldsOfCancelledEvent(let slice)): endHoldsOfCancelledEvent(slice, now: now)
        case .event(_, .freezeOrders(let slice)): freezeOrders(slice, now: now)
        case .event(_, .unfreezeOrders(let slice)): unfreezeOrders(slice, now: now)
        }
    }
}

// MARK: - Commands

extension OrdersDecider {
    private mutating func createOrder(_ head: CommandHead, _ command: CreateOrder, now: Timestamp) -> Decision {
        guard let buyer = head.actor.userID else { return .refused(.forbidden, "Sign in to order.") }
        guard orders[OrderID(head.id.uuid)] == nil else {
            return .refused(.keyReused, "This Idempotency-Key has already created an order. Use a new one.")
        }
        guard let user = users[buyer], user.version >= command.userVersion else {
            return .deferred("the copy of the buyer is behind")
        }
        guard user.status == .active else { return .refused(.banned) }
        guard var listing = listings[command.ticketId], listing.version >= command.ticketVersion else {
            return Self.listingBehind
        }
        guard listing.sellerId != buyer else { return .refused(.conflict, "This is your own listing.") }
        if let reason = listing.suspended { return .refused(.withdrawn, reason.refusalToBuy) }
        // This check comes before the check of `withdrawn`: a listing is withdrawn soon after its show starts, and this
        // reason is more helpful.
        guard !listing.details.hasStarted(by: now) else {
            return .refused(.showStarted, "Sales have ended: the event has started.")
        }
        guard !listing.withdrawn else { return .refused(.withdrawn, "The seller has withdrawn this listing.") }
        // A banned seller's listings are withdrawn in slices. Until then, their copies are still on sale.
        guard users[listing.sellerId]?.status != .banned else {
            return .refused(.withdrawn, "This listing is no longer on sale.")
        }
        guard (1...OrderState.quantityLimit).contains(command.quantity) else {
            return .refused(.invalid, "The quantity must be 1 to \(OrderState.quantityLimit).", field: "quantity")
        }
        let allIn = listing.allIn
        if command.price ?? allIn != allIn || command.currency ?? listing.currency != listing.currency {
            let message = "The price has changed. It is now \(allIn), in minor units of \(listing.currency)."
            return .refused(.priceChanged, message, field: "price", price: allIn)
        }
        guard let total = Price(minorUnits: allIn)?.times(command.quantity, in: listing.currency) else {
            let limit = listing.currency.facts.maximum
            let message = "The total of an order must be at most \(limit) minor units of \(listing.currency)."
            return .refused(.invalid, message, field: "quantity")
        }
        // A listing that an earlier build has stored may have a price that Stripe does not charge.
        guard total >= listing.currency.facts.minimum, total.isMultiple(of: listing.currency.facts.chargeStep) else {
            let message =
                "\(listing.currency.text(total)) can't be paid by card: the total must be at least "
                + "\(listing.currency.text(listing.currency.facts.minimum))."
            return .refused(.invalid, message, field: "quantity")
        }
        let seats: UInt64?
        do throws(Refusal) { seats = try chooseUnits(for: command, of: listing) } catch { return .refused(error) }
        if let refusal = holds[buyer, default: BuyerHolds()].refusal(
            of: command.quantity, of: listing.id, limits: rules.limits, now: now)
        {
            return .refused(refusal)
        }

        let order = OrderState(
            id: OrderID(head.id.uuid), userId: buyer, ticketId: listing.id, ticketTitle: listing.title,
            details: listing.details, quantity: command.quantity, units: seats.map(SeatRuns.units),
            seats: seats.flatMap(listing.seatNames), price: listing.price,
            pricing: listing.pricing, total: total, currency: listing.currency,
            status: .awaitingPayment, reason: nil,
            attempt: nil,
            expiresAt: now + rules.holdLength, createdAt: now, updatedAt: now, version: 1)
        if let seats {
            units.allocate(seats, of: &listing, to: order.id)
        } else {
            units.allocate(command.quantity, of: &listing, to: order.id)
        }
        listings[listing.id] = listing
        modifiedListings.insert(listing.id)
        orders[order.id] = order
        insertedOrders.append(order.id)
        holds[buyer, default: BuyerHolds()].add(order)
        return .reply(OrderRepresentation(order), events: [order.announcement])
    }

    private mutating func cancelOrder(_ head: CommandHead, _ command: CancelOrder, now: Timestamp) -> Decision {
        guard let order = orders[command.orderId] else {
            return .refused(.notFound, "There is no order with this id.")
        }
        guard order.mayBeCancelled(by: head.actor) else {
            return .refused(.forbidden, "Only the buyer may cancel an order.")
        }
        switch order.status {
        case .awaitingPayment:
            guard let event = cancel(order, .cancelledByBuyer, now: now) else { return Self.listingBehind }
            return .reply(OrderRepresentation(orders[order.id] ?? order), events: [event])
        case .cancelled:
            return .reply(OrderRepresentation(order))
        case .confirmed, .complete, .refunded:
            return .refused(.notCancellable, "The order is paid and can no longer be cancelled.")
        }
    }
}

// MARK: - Events

extension OrdersDecider {
    /// Updates the copy if the version is newer. Once a user is banned, the user's orders and payments are refused, and
    /// the user's holds are ended in slices.
    private mutating func apply(_ user: UserState) -> Decision {
        if let known = users[user.id], known.version >= user.version { return .done }
        users[user.id] = UserCopy(user)
        upsertedUsers.insert(user.id)
        if user.status == .banned { work.started.insert(Work(.endHolds, user.id.uuid)) }
        applyFreeze(of: user)
        return .done
    }

    /// Cancels the loaded unpaid orders of a banned buyer. A slice ends the work if it finds no order, or if the ban
    /// was lifted.
    private mutating func endHolds(_ slice: WorkSlice, now: Timestamp) -> Decision {
        let buyer = UserID(slice.work.subject)
        let found = orders.values.filter { $0.userId == buyer }
        guard users[buyer]?.status == .banned, !found.isEmpty || slice.skipped > 0 else {
            work.ended.insert(slice.work)
            return .done
        }
        let unpaid = found.filter { $0.status == .awaitingPayment }
        // Check before the first change, because a deferred message must change nothing.
        guard unpaid.allSatisfy({ listings[$0.ticketId] != nil }) else { return Self.listingBehind }
        return .done(
            events: unpaid.sorted { $0.id < $1.id }.compactMap { cancel($0, .buyerBanned, now: now) })
    }

    private mutating func apply(_ state: ListingState) -> Decision {
        guard var listing = listings[state.id] else {
            var new = ListingCopy(state)
            units.openSeats(of: &new)
            listings[state.id] = new
            insertedListings.insert(state.id)
            return .done
        }
        guard listing.version < state.version else { return .done }
        endHolds(of: state, insteadOf: listing)
        let performance = listing.performanceId
        listing.apply(state)
        // The previous build, which did not know seats, may have made this copy.
        units.openSeats(of: &listing)
        if let new = listing.performanceId, new != performance { units.move(listing.id, to: new) }
        listings[state.id] = listing
        modifiedListings.insert(state.id)
        if !insertedListings.contains(state.id) { listingsWithNewFacts.insert(state.id) }
        return .done
    }

    /// Cancels an order whose hold has expired by this service's clock, because the sender's clock may be ahead.
    ///
    /// A command that is up to five seconds early is deferred. A command that is earlier than that is ignored, and the
    /// sweep expires the order later.
    private mutating func expire(_ id: OrderID, now: Timestamp) -> Decision {
        guard let order = orders[id], order.status == .awaitingPayment else { return .done }
        guard order.expiresAt <= now else {
            return ExpireOrder.isSoon(order.expiresAt, by: now) ? .deferred("the hold has not expired yet") : .done
        }
        return cancellation(of: order, .expired, now: now)
    }

    /// Events of attempts that the order has not claimed change nothing: the payments service undoes those attempts.
    private mutating func apply(_ payment: PaymentEvent, now: Timestamp) -> Decision {
        guard var order = orders[payment.orderId] else { return .done }
        switch (payment.kind, order.status) {
        case (.authorized, .awaitingPayment):
            guard OrderState.attempts.contains(payment.attempt), payment.amount == order.total,
                payment.currency == order.currency
            else {
                return .done
            }
            guard users[order.userId]?.status != .banned else {
                return cancellation(of: order, .buyerBanned, now: now)
            }
            // Buyers are not charged for tickets that are no longer sold. The slices that end these orders may not have
            // run yet.
            if listings[order.ticketId]?.suspended == .eventCancelled {
                return cancellation(of: order, .eventCancelled, now: now)
            }
            if let listing = listings[order.ticketId], listing.isTakenDown || freezingSellers.contains(listing.sellerId)
            {
                return cancellation(of: order, .listingTakenDown, now: now)
            }
            order.status = .confirmed
            order.attempt = payment.attempt
        case (.charged, .confirmed) where order.attempt == payment.attempt:
            order.status = .complete
            order.frozenAt = freezeTime(of: order, now: now)
        case (.failed, .confirmed) where order.attempt == payment.attempt:
            return cancellation(of: order, .paymentFailed, now: now)
        case (.refunded, .complete) where order.attempt == payment.attempt,
            (.refunded, .confirmed) where order.attempt == payment.attempt:
            order.status = .refunded
            order.frozenAt = nil
        default:
            return .done
        }
        return .done(events: [update(&order, now: now)])
    }

    private mutating func cancellation(
        of order: OrderState, _ reason: OrderState.Reason, now: Timestamp
    ) -> Decision {
        guard let event = cancel(order, reason, now: now) else { return Self.listingBehind }
        return .done(events: [event])
    }

    /// Cancels the order and releases its units.
    ///
    /// - Returns: The event, or nil if the listing's copy is missing, because then the units cannot be released.
    mutating func cancel(_ order: OrderState, _ reason: OrderState.Reason, now: Timestamp) -> NewEvent? {
        guard var listing = listings[order.ticketId] else { return nil }
        var order = order
        order.status = .cancelled
        order.reason = reason
        units.release(order.id, of: &listing)
        listings[listing.id] = listing
        modifiedListings.insert(listing.id)
        return update(&order, now: now)
    }

    static let listingBehind = Decision.deferred("the copy of the listing is behind")

    /// Stores a new version of the order and returns its event.
    mutating func update(_ order: inout OrderState, now: Timestamp) -> NewEvent {
        order.version += 1
        order.updatedAt = now
        if let before = orders[order.id] {
            let old = holds[order.userId] ?? BuyerHolds()
            var new = old
            new.change(from: before, to: order, limits: rules.limits)
            holds[order.userId] = new
            if new.lapses != old.lapses || new.freeCancellation != old.freeCancellation {
                buyersWithLapses.insert(order.userId)
            }
        }
        orders[order.id] = order
        modifiedOrders.insert(order.id)
        return order.announcement
    }
}
