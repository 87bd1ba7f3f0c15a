// The orders of listings that an admin has taken down, of cancelled events and of banned sellers.
//
// If a ban freezes the orders of a seller, each complete order is frozen if its show has not started. An order that
// becomes complete after the ban is frozen then, because its seller is in `freezingSellers`.
extension OrdersDecider {
    /// Applies a user's new state to the paid orders of the user's listings: starts the work that freezes or releases
    /// them.
    mutating func applyFreeze(of user: UserState) {
        let wasFreezing = freezingSellers.contains(user.id)
        let isFreezing = user.ordersFrozen == true && user.status == .banned
        if isFreezing != wasFreezing {
            freezes[user.id] = isFreezing
            if isFreezing { freezingSellers.insert(user.id) } else { freezingSellers.remove(user.id) }
        }
        // The work starts only once, so that a later change of the account does not freeze orders that an admin has
        // released.
        if isFreezing, !wasFreezing { work.started.insert(Work(.freezeOrders, user.id.uuid)) }
        if user.ordersFrozen == false { work.started.insert(Work(.unfreezeOrders, user.id.uuid)) }
    }

    /// The time at which a paid order is frozen, or nil if it is not.
    func freezeTime(of order: OrderState, now: Timestamp) -> Timestamp? {
        guard let seller = listings[order.ticketId]?.sellerId, freezingSellers.contains(seller),
            !order.details.hasStarted(by: now)
        else { return nil }
        return now
    }

    /// Starts the work that ends the unpaid orders of a listing that is taken down or whose event is cancelled.
    ///
    /// - Parameter known: The stored copy of the listing, before the change.
    mutating func endHolds(of state: ListingState, insteadOf known: ListingCopy) {
        // An event may have many listings, and most of them have no allocated units.
        guard known.held > 0 else { return }
        if state.takenDown != nil, !known.isTakenDown {
            work.started.insert(Work(.endHoldsOfListing, state.id.uuid))
        }
        if state.suspended?.reason == .eventCancelled, known.suspended != .eventCancelled {
            work.started.insert(Work(.endHoldsOfCancelledEvent, state.id.uuid))
        }
    }

    /// Cancels the loaded unpaid orders of a listing that is taken down.
    mutating func endHoldsOfListing(_ slice: WorkSlice, now: Timestamp) -> Decision {
        endHolds(slice, .listingTakenDown, now: now) { $0.isTakenDown }
    }

    /// Cancels the loaded unpaid orders of a listing whose event is cancelled.
    mutating func endHoldsOfCancelledEvent(_ slice: WorkSlice, now: Timestamp) -> Decision {
        endHolds(slice, .eventCancelled, now: now) { $0.suspended == .eventCancelled }
    }

    /// A slice ends the work if it finds no order, or if the listing is back on sale.
    private mutating func endHolds(
        _ slice: WorkSlice, _ reason: OrderState.Reason, now: Timestamp, while isOffSale: (ListingCopy) -> Bool
    ) -> Decision {
        let id = ListingID(slice.work.subject)
        let found = orders.values.filter { $0.ticketId == id }
        guard let listing = listings[id], isOffSale(listing), !found.isEmpty || slice.skipped > 0 else {
            work.ended.insert(slice.work)
            return .done
        }
        let unpaid = found.filter { $0.status == .awaitingPayment }
        return .done(events: unpaid.sorted { $0.id < $1.id }.compactMap { cancel($0, reason, now: now) })
    }

    /// Freezes the loaded orders of a banned seller. A slice ends the work if it finds no order, or if the ban was
    /// lifted.
    mutating func freezeOrders(_ slice: WorkSlice, now: Timestamp) -> Decision {
        let seller = UserID(slice.work.subject)
        let found = loadedOrders(ofSeller: seller)
        guard freezingSellers.contains(seller), !found.isEmpty || slice.skipped > 0 else {
            work.ended.insert(slice.work)
            return .done
        }
        var events: [NewEvent] = []
        for var order in found where order.status == .complete && order.frozenAt == nil {
            guard let time = freezeTime(of: order, now: now) else { continue }
            order.frozenAt = time
            events.append(update(&order, now: now))
        }
        return .done(events: events)
    }

    /// Releases the loaded orders of a seller. A slice ends the work if it finds no order, or if the seller is banned
    /// again.
    mutating func unfreezeOrders(_ slice: WorkSlice, now: Timestamp) -> Decision {
        let seller = UserID(slice.work.subject)
        let found = loadedOrders(ofSeller: seller)
        guard users[seller]?.status == .active, !found.isEmpty || slice.skipped > 0 else {
            work.ended.insert(slice.work)
            return .done
        }
        var events: [NewEvent] = []
        for var order in found where order.frozenAt != nil {
            order.frozenAt = nil
            events.append(update(&order, now: now))
        }
        return .done(events: events)
    }

    mutating func unfreeze(_ head: CommandHead, _ command: UnfreezeOrder, now: Timestamp) -> Decision {
        guard mayModerate(head.actor) else { return .refused(.forbidden, "Only an admin may do this.") }
        guard var order = orders[command.orderId] else {
            return .refused(.notFound, "There is no order with this id.")
        }
        guard order.frozenAt != nil else { return .reply(OrderRepresentation(order)) }
        order.frozenAt = nil
        let event = update(&order, now: now)
        return .reply(OrderRepresentation(order), events: [event])
    }

    /// The loaded orders of a seller's listings, sorted by id.
    private func loadedOrders(ofSeller seller: UserID) -> [OrderState] {
        orders.values.filter { listings[$0.ticketId]?.sellerId == seller }.sorted { $0.id < $1.id }
    }

    /// The sender has checked that the user is an admin, because this service's copies of users have no role.
    private func mayModerate(_ actor: Actor) -> Bool {
        switch actor {
        case .operator: true
        case .user(let id): users[id]?.status == .active
        case .nobody, .stripe: false
        }
    }
}

extension Suspension.Reason {
    /// The message for a buyer: why the listing can't be ordered.
    var refusalToBuy: String {
        switch self {
        case .postponed: "This event is postponed. Its tickets are off sale until it has a new date."
        case .eventCancelled: "This event has been cancelled."
        case .policy: "These tickets are off sale until the seller changes their price."
        default: "This listing is not on sale."
        }
    }
}
