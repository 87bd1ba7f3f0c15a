// What makes a copy that of its owner's state: all that the copy keeps, and the version.

extension UserCopy {
    public func isCopy(of state: UserState) -> Bool { self == UserCopy(state) }
}

extension TicketOffer {
    /// But for the counters, which are the orders service's own.
    public func isCopy(of state: TicketState) -> Bool {
        var told = self
        told.take(state)
        return sellerId == state.sellerId && told == self
    }
}

extension CountedOrder {
    public func isCopy(of state: OrderState) -> Bool { self == CountedOrder(state) }
}

extension PayableOrder {
    /// But for what payments has told itself.
    public func isCopy(of state: OrderState) -> Bool {
        var told = PayableOrder(state)
        told.told = self.told
        return told == self
    }
}

// What a copy becomes whose owner has forgotten the thing: over, as its owner would tell it. The owner is the one to ask,
// and it knows of nothing, so nobody may go on with it; what the thing held comes free in the ordinary way.

extension UserCopy {
    public var isOver: Bool { status == .banned }
    public var over: UserState { UserState(id: id, status: .banned, role: .member, version: version + 1) }
}

extension TicketOffer {
    public var isOver: Bool { withdrawn }

    public func over(at now: Timestamp) -> TicketState {
        TicketState(
            id: id, sellerId: sellerId, title: title, price: price, currency: currency, quantity: offered,
            details: details, withdrawn: true, version: version + 1, createdAt: now, updatedAt: now)
    }
}

extension CountedOrder {
    public var isOver: Bool { status == .cancelled }

    /// With what this copy does not keep left out: for the tickets service alone.
    public func over(at now: Timestamp) -> OrderState {
        OrderState(
            id: orderId, userId: UserID(orderId.uuid), ticketId: ticketId, ticketTitle: "", quantity: quantity,
            price: 0,
            total: 0, currency: .usd, status: .cancelled, reason: .paymentFailed, attempt: nil, expiresAt: now,
            createdAt: now, updatedAt: now, version: version + 1)
    }
}

extension PayableOrder {
    public var isOver: Bool { status.isDead }

    /// With what this copy does not keep left out: for the payments service alone.
    public func over(at now: Timestamp) -> OrderState {
        OrderState(
            id: id, userId: userId, ticketId: TicketID(id.uuid), ticketTitle: title, quantity: quantity, price: price,
            total: total, currency: currency, status: .cancelled, reason: .paymentFailed, attempt: claimed,
            expiresAt: expiresAt, createdAt: now, updatedAt: now, version: version + 1)
    }
}
