/// What the tickets service knows of a batch's listings, and what it has decided to change. What is new is in none of the
/// sets of what changed; ``changedUsers`` and ``changedOrders`` are copies, new or not.
public struct TicketsDesk: Sendable {
    public private(set) var users: [UserID: UserCopy] = [:]
    public private(set) var listings: [TicketID: Listing] = [:]
    public private(set) var orders: [OrderID: CountedOrder] = [:]

    public private(set) var changedUsers: Set<UserID> = []
    public private(set) var newListings: Set<TicketID> = []
    public private(set) var changedOrders: Set<OrderID> = []
    /// Those of the changed that were not heard of before.
    public private(set) var newOrders: Set<OrderID> = []

    private var touchedListings: Set<TicketID> = []
    private var withNewFacts: Set<TicketID> = []

    public var changedListings: Set<TicketID> { touchedListings.subtracting(newListings) }
    /// Those of the changed of which more than what is held and sold has changed.
    public var listingsWithNewFacts: Set<TicketID> { withNewFacts.subtracting(newListings) }

    /// - Parameters:
    ///   - users: the copies of those who act, and of those whom the messages tell of.
    ///   - listings: those that the messages name (any that has the id of a ``CreateTicket`` too), and those on sale of the
    ///     users who are told to be banned.
    ///   - orders: those that the messages tell of.
    public init(users: [UserCopy], listings: [Listing], orders: [CountedOrder]) {
        for user in users { self.users[user.id] = user }
        for listing in listings { self.listings[listing.state.id] = listing }
        for order in orders { self.orders[order.orderId] = order }
    }

    public mutating func decide(_ message: Message<TicketsCommand, TicketsEvent>, now: Timestamp) -> Decision {
        switch message {
        case .command(let head, .createTicket(let command)): create(head, command, now: now)
        case .command(let head, .changeTicket(let command)): change(head, command, now: now)
        case .event(_, .user(let user)): hear(user, now: now)
        case .event(_, .order(let order)): hear(order)
        }
    }
}

extension TicketsDesk {
    private mutating func create(_ head: CommandHead, _ command: CreateTicket, now: Timestamp) -> Decision {
        guard let seller = head.actor.userID else { return .refused(.forbidden, "Sign in to sell.") }
        guard listings[TicketID(head.id.uuid)] == nil else {
            return .refused(.keyReused, "This Idempotency-Key has listed a ticket before. Use a new one.")
        }
        if let no = refusal(of: seller, atLeast: command.userVersion) { return no }
        let state = TicketState(
            id: TicketID(head.id.uuid), sellerId: seller, title: command.title, price: command.price,
            currency: command.currency, quantity: command.quantity, details: command.details, withdrawn: false,
            version: 1, createdAt: now, updatedAt: now)
        if let no = Self.refusal(of: state) ?? Self.refusal(ofPast: state, now: now) { return no }
        let listing = Listing(state: state, held: 0, sold: 0)
        listings[state.id] = listing
        newListings.insert(state.id)
        return .done(listing.representation, events: [listing.event(.ticketCreated)])
    }

    private mutating func change(_ head: CommandHead, _ command: ChangeTicket, now: Timestamp) -> Decision {
        guard var listing = listings[command.ticketId] else {
            return .refused(.notFound, "There is no ticket with this id.")
        }
        guard head.actor == .user(listing.state.sellerId) else {
            return .refused(.forbidden, "Only its seller may change a ticket.")
        }
        if let no = refusal(of: listing.state.sellerId, atLeast: command.userVersion) { return no }
        if let version = command.ifVersion, version != listing.state.version {
            return .refused(
                .staleVersion, "The ticket has changed meanwhile: its version is \(listing.state.version). Look again.")
        }
        var state = listing.state
        state.title = command.title ?? state.title
        state.price = command.price ?? state.price
        state.currency = command.currency ?? state.currency
        state.quantity = command.quantity ?? state.quantity
        state.details = state.details.changed(by: command.details)
        state.withdrawn = command.withdrawn ?? state.withdrawn
        if let no = Self.refusal(of: state) { return no }
        guard state != listing.state else { return .done(listing.representation) }
        if let no = Self.refusal(of: state, from: listing, now: now) { return no }
        listing.state = state
        let event = keep(&listing, now: now)
        return .done(listing.representation, events: [event])
    }

    /// A copy changes only for a larger version. Who is banned sells nothing more.
    private mutating func hear(_ user: UserState, now: Timestamp) -> Decision {
        if let known = users[user.id], known.version >= user.version { return .done }
        users[user.id] = UserCopy(user)
        changedUsers.insert(user.id)
        guard user.status == .banned else { return .done }
        let onSale = listings.values.filter { $0.state.sellerId == user.id && !$0.state.withdrawn }
        var events: [NewEvent] = []
        for var listing in onSale.sorted(by: { $0.state.id < $1.state.id }) {
            listing.state.withdrawn = true
            events.append(keep(&listing, now: now))
        }
        return .done(Verdict.Empty(), events: events)
    }

    /// Counts change by new minus old, once for each version of an order.
    private mutating func hear(_ order: OrderState) -> Decision {
        let known = orders[order.id]
        if let known, known.version >= order.version { return .done }
        let new = CountedOrder(order)
        orders[order.id] = new
        if known == nil { newOrders.insert(order.id) }
        changedOrders.insert(order.id)
        if var listing = listings[order.ticketId] {
            let before = listing
            listing.held += new.held - (known?.held ?? 0)
            listing.sold += new.sold - (known?.sold ?? 0)
            if listing != before {
                listings[order.ticketId] = listing
                touchedListings.insert(order.ticketId)
            }
        }
        return .done
    }

    private mutating func keep(_ listing: inout Listing, now: Timestamp) -> NewEvent {
        listing.state.version += 1
        listing.state.updatedAt = now
        listings[listing.state.id] = listing
        touchedListings.insert(listing.state.id)
        withNewFacts.insert(listing.state.id)
        return listing.event(.ticketUpdated)
    }

    private func refusal(of seller: UserID, atLeast version: Int64) -> Decision? {
        guard let user = users[seller], user.version >= version else {
            return .putOff("the copy of the seller is behind")
        }
        guard user.status == .active else { return .refused(.banned, "This account is banned.") }
        return nil
    }

    /// The API has checked the same, but commands can be written by hand.
    private static func refusal(of state: TicketState) -> Decision? {
        guard TicketState.isTitle(state.title) else {
            return .refused(
                .invalid, "A title has 1 to \(TicketState.titleLimit) characters, not all blank, on one line.",
                field: "title")
        }
        guard Price(minorUnits: state.price) != nil else {
            return .refused(.invalid, "A price is 1 to \(Price.limit) minor units.", field: "price")
        }
        guard (1...TicketState.quantityLimit).contains(state.quantity) else {
            return .refused(.invalid, "A quantity is 1 to \(TicketState.quantityLimit).", field: "quantity")
        }
        return state.details.refusal.map { Decision(.refused($0)) }
    }

    private static func refusal(ofPast state: TicketState, now: Timestamp) -> Decision? {
        guard state.details.hasBegun(by: now) else { return nil }
        return .refused(.invalid, "The event has begun already.", field: "startsAt")
    }

    /// What of a listing can't be changed any more.
    private static func refusal(of state: TicketState, from listing: Listing, now: Timestamp) -> Decision? {
        if listing.state.details.hasBegun(by: now) {
            var withdrawn = listing.state
            withdrawn.withdrawn = true
            return state == withdrawn
                ? nil : .refused(.conflict, "The event has begun: its listing can only be withdrawn.")
        }
        if state.details.startsAt != listing.state.details.startsAt, let no = refusal(ofPast: state, now: now) {
            return no
        }
        if listing.held + listing.sold > 0, !state.isSameTicket(as: listing.state) {
            return .refused(
                .conflict,
                "Some of it is held or sold: its title, venue, city, time, section and row can't be changed any more.")
        }
        return nil
    }
}
