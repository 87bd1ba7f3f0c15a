/// What the orders service knows of a batch's orders, and what it has decided to change. What is new is in none of the
/// sets of what changed; ``changedUsers`` are copies, new or not.
public struct OrdersDesk: Sendable {
    public private(set) var users: [UserID: UserCopy] = [:]
    public private(set) var offers: [TicketID: TicketOffer] = [:]
    public private(set) var orders: [OrderID: OrderState] = [:]
    public private(set) var units: UnitLedger
    private let rules: OrdersRules

    public private(set) var changedUsers: Set<UserID> = []
    public private(set) var newOffers: Set<TicketID> = []
    /// Those of the changed ones that are changed in more than what is counted.
    public private(set) var offersWithNewFacts: Set<TicketID> = []
    public private(set) var newOrders: [OrderID] = []

    private var touchedOffers: Set<TicketID> = []
    private var touchedOrders: Set<OrderID> = []

    public var changedOffers: Set<TicketID> { touchedOffers.subtracting(newOffers) }
    public var changedOrders: Set<OrderID> { touchedOrders.subtracting(newOrders) }

    /// - Parameters:
    ///   - users: the copies of those who order, of the buyers of the orders, and of those whom the messages tell of.
    ///   - offers: those that the messages name, and those of the orders.
    ///   - orders: those that the messages name (any that has the id of a ``CreateOrder`` too), and the unpaid ones of the
    ///     users who are told to be banned.
    ///   - allocations: all those of the orders.
    ///   - free: of each ticket that is ordered, the smallest free units: as many as its commands ask for together, or all
    ///     that there are.
    public init(
        users: [UserCopy], offers: [TicketOffer], orders: [OrderState], allocations: [Allocation],
        free: [TicketID: [Int]], rules: OrdersRules
    ) {
        for user in users { self.users[user.id] = user }
        for offer in offers { self.offers[offer.id] = offer }
        for order in orders { self.orders[order.id] = order }
        units = UnitLedger(allocations: allocations, free: free)
        self.rules = rules
    }

    public mutating func decide(_ message: Message<OrdersCommand, OrdersEvent>, now: Timestamp) -> Decision {
        switch message {
        case .command(let head, .createOrder(let command)): create(head, command, now: now)
        case .command(let head, .cancelOrder(let command)): cancel(head, command, now: now)
        case .event(_, .user(let user)): hear(user, now: now)
        case .event(_, .ticket(let ticket)): hear(ticket)
        case .event(_, .expired(let expiry)): hear(expiry, now: now)
        case .event(_, .payment(let payment)): hear(payment, now: now)
        }
    }
}

// MARK: - Commands

extension OrdersDesk {
    private mutating func create(_ head: CommandHead, _ command: CreateOrder, now: Timestamp) -> Decision {
        guard let buyer = head.actor.userID else { return .refused(.forbidden, "Sign in to order.") }
        guard orders[OrderID(head.id.uuid)] == nil else {
            return .refused(.keyReused, "This Idempotency-Key has made an order before. Use a new one.")
        }
        guard let user = users[buyer], user.version >= command.userVersion else {
            return .putOff("the copy of the buyer is behind")
        }
        guard user.status == .active else { return .refused(.banned, "This account is banned.") }
        guard var offer = offers[command.ticketId], offer.version >= command.ticketVersion else {
            return Self.ticketBehind
        }
        guard offer.sellerId != buyer else { return .refused(.conflict, "This is your own ticket.") }
        guard !offer.withdrawn else { return .refused(.withdrawn, "The seller has withdrawn this ticket.") }
        guard !offer.details.hasBegun(by: now) else {
            return .refused(.eventPast, "The event has begun: its tickets are sold no more.")
        }
        guard (1...OrderState.quantityLimit).contains(command.quantity) else {
            return .refused(.invalid, "A quantity is 1 to \(OrderState.quantityLimit).", field: "quantity")
        }
        if command.price ?? offer.price != offer.price || command.currency ?? offer.currency != offer.currency {
            let message = "The price has changed: it is \(offer.price) now, in minor units of \(offer.currency)."
            return .refused(.priceChanged, message, field: "price", price: offer.price)
        }
        guard let total = Price(minorUnits: offer.price)?.times(command.quantity) else {
            return .refused(.invalid, "An order's total is at most \(Price.limit) minor units.", field: "quantity")
        }
        guard command.quantity <= offer.left else {
            let message =
                offer.left == 0 ? "Nothing is left of this ticket." : "Only \(offer.left) left of this ticket."
            return .refused(.soldOut, message, field: "quantity")
        }

        let order = OrderState(
            id: OrderID(head.id.uuid), userId: buyer, ticketId: offer.id, ticketTitle: offer.title,
            details: offer.details, quantity: command.quantity, price: offer.price, total: total,
            currency: offer.currency, status: .awaitingPayment, reason: nil, attempt: nil, expiresAt: now + rules.hold,
            createdAt: now, updatedAt: now, version: 1)
        units.hand(command.quantity, of: &offer, to: order.id)
        offers[offer.id] = offer
        touchedOffers.insert(offer.id)
        orders[order.id] = order
        newOrders.append(order.id)
        return .done(OrderRepresentation(order), events: [order.event])
    }

    private mutating func cancel(_ head: CommandHead, _ command: CancelOrder, now: Timestamp) -> Decision {
        guard let order = orders[command.orderId] else {
            return .refused(.notFound, "There is no order with this id.")
        }
        guard head.actor == .user(order.userId) else {
            return .refused(.forbidden, "Only its buyer may cancel an order.")
        }
        switch order.status {
        case .awaitingPayment:
            guard let event = kill(order, .cancelledByBuyer, now: now) else { return Self.ticketBehind }
            return .done(OrderRepresentation(orders[order.id] ?? order), events: [event])
        case .cancelled:
            return .done(OrderRepresentation(order))
        case .confirmed, .complete, .refunded:
            return .refused(.notCancellable, "The order is paid: it can't be cancelled any more.")
        }
    }
}

// MARK: - Events

extension OrdersDesk {
    private mutating func hear(_ user: UserState, now: Timestamp) -> Decision {
        if let known = users[user.id], known.version >= user.version { return .done }
        let unpaid =
            user.status == .banned
            ? orders.values.filter { $0.userId == user.id && $0.status == .awaitingPayment } : []
        // All or nothing: what is put off has changed nothing.
        guard unpaid.allSatisfy({ offers[$0.ticketId] != nil }) else { return Self.ticketBehind }
        users[user.id] = UserCopy(user)
        changedUsers.insert(user.id)
        return .done(
            Verdict.Empty(),
            events: unpaid.sorted { $0.id < $1.id }.compactMap { kill($0, .buyerBanned, now: now) })
    }

    private mutating func hear(_ ticket: TicketState) -> Decision {
        guard var offer = offers[ticket.id] else {
            offers[ticket.id] = TicketOffer(ticket)
            newOffers.insert(ticket.id)
            return .done
        }
        guard offer.version < ticket.version else { return .done }
        offer.take(ticket)
        offers[ticket.id] = offer
        touchedOffers.insert(ticket.id)
        if !newOffers.contains(ticket.id) { offersWithNewFacts.insert(ticket.id) }
        return .done
    }

    /// The clock of whoever says so may be ahead: the hold is over when it is over here. A little early is asked again,
    /// what is far too early is forgotten, for the sweep finds it when it is due.
    private mutating func hear(_ expiry: OrderExpiry, now: Timestamp) -> Decision {
        guard let order = orders[expiry.orderId], order.status == .awaitingPayment else { return .done }
        guard order.expiresAt <= now else {
            return order.expiresAt - now <= .seconds(5) ? .putOff("the hold is not over yet") : .done
        }
        return end(order, .expired, now: now)
    }

    /// What another attempt than the claimed one reports changes nothing here: payments cleans it up.
    private mutating func hear(_ payment: PaymentEvent, now: Timestamp) -> Decision {
        guard var order = orders[payment.orderId] else { return .done }
        switch (payment.kind, order.status) {
        case (.authorized, .awaitingPayment):
            guard OrderState.attempts.contains(payment.attempt), payment.amount == order.total,
                payment.currency == order.currency
            else {
                return .done
            }
            guard users[order.userId]?.status != .banned else {
                return end(order, .buyerBanned, now: now)
            }
            order.status = .confirmed
            order.attempt = payment.attempt
        case (.charged, .confirmed) where order.attempt == payment.attempt:
            order.status = .complete
        case (.failed, .confirmed) where order.attempt == payment.attempt:
            return end(order, .paymentFailed, now: now)
        case (.refunded, .complete) where order.attempt == payment.attempt,
            (.refunded, .confirmed) where order.attempt == payment.attempt:
            order.status = .refunded
        default:
            return .done
        }
        return .done(Verdict.Empty(), events: [keep(&order, now: now)])
    }

    private mutating func end(_ order: OrderState, _ reason: OrderState.Reason, now: Timestamp) -> Decision {
        guard let event = kill(order, reason, now: now) else { return Self.ticketBehind }
        return .done(Verdict.Empty(), events: [event])
    }

    /// Cancels, and gives the units back. Nil where what they are units of is not known: no order ends without that.
    private mutating func kill(_ order: OrderState, _ reason: OrderState.Reason, now: Timestamp) -> NewEvent? {
        guard var offer = offers[order.ticketId] else { return nil }
        var order = order
        order.status = .cancelled
        order.reason = reason
        units.takeBack(from: order.id, &offer)
        offers[offer.id] = offer
        touchedOffers.insert(offer.id)
        return keep(&order, now: now)
    }

    private static let ticketBehind = Decision.putOff("the copy of the ticket is behind")

    private mutating func keep(_ order: inout OrderState, now: Timestamp) -> NewEvent {
        order.version += 1
        order.updatedAt = now
        orders[order.id] = order
        touchedOrders.insert(order.id)
        return order.event
    }
}

extension OrderState {
    /// What its status is told as.
    var event: NewEvent {
        let type: EventType =
            switch status {
            case .awaitingPayment: .orderCreated
            case .confirmed: .orderConfirmed
            case .complete: .orderCompleted
            case .cancelled: .orderCancelled
            case .refunded: .orderRefunded
            }
        return NewEvent(type, subject: id, version: version, body: self)
    }
}
