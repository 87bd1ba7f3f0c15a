/// The listings service's unit of work: holds a batch's loaded listings and copies, decides messages, and records the
/// changes.
///
/// Inserted listings are not listed as updated. Upserted users and orders are copies, new or changed.
public struct ListingsDecider: Sendable {
    public private(set) var users: [UserID: UserCopy] = [:]
    public private(set) var listings: [ListingID: Listing] = [:]
    public private(set) var orders: [OrderID: CountedOrder] = [:]
    public internal(set) var performances: [PerformanceID: PerformanceCopy] = [:]

    public private(set) var upsertedUsers: Set<UserID> = []
    public internal(set) var upsertedPerformances: Set<PerformanceID> = []
    public private(set) var insertedListings: Set<ListingID> = []
    public private(set) var upsertedOrders: Set<OrderID> = []
    /// The upserted orders that are new.
    public private(set) var insertedOrders: Set<OrderID> = []
    public internal(set) var work = WorkChanges()
    public internal(set) var moderation: Moderation
    /// The seats of the batch's seated listings.
    public internal(set) var seats: SeatClaims
    /// The drafts that the commands refer to.
    public internal(set) var drafts: Drafts
    /// The fee rules and price policies.
    public internal(set) var pricing: PricingBook
    /// The offers of the sellers of new and changed listings. Empty if there are no limits.
    public private(set) var offers: [UserID: SellerOffers]
    private let limits: NewSellerLimits
    /// Maximum number of units of one listing that a buyer may have, or nil for no limit.
    let unitsPerBuyer: Int?

    private var modifiedListings: Set<ListingID> = []
    private var modifiedFacts: Set<ListingID> = []
    private var modifiedOffers: Set<ListingID> = []

    public var updatedListings: Set<ListingID> { modifiedListings.subtracting(insertedListings) }
    /// The updated listings in which more than the counts changed.
    public var listingsWithNewFacts: Set<ListingID> { modifiedFacts.subtracting(insertedListings) }
    /// The ``listingsWithNewFacts`` in which a fact other than `withdrawn` and `suspended` changed.
    public var listingsWithNewOffers: Set<ListingID> { modifiedOffers.subtracting(insertedListings) }

    /// - Parameters:
    ///   - users: The copies of the actors, and of the users in the commands, events and slices.
    ///   - listings: The listings that the messages refer to, any listing with the id of a ``CreateListing``, and the
    ///     listings of a slice.
    ///   - orders: The copies of the orders in the events.
    ///   - performances: The copies of the performances in the commands, events and slices, and of their winners.
    ///   - moderation: The reports that commands refer to.
    ///   - seats: The seats of the listings, and the claims of others at their places.
    ///   - drafts: The drafts that the commands refer to.
    ///   - offers: The offers of the sellers of new and changed listings. May be empty if there are no limits.
    ///   - pricing: The rules and policies. May be empty if no message decides about a price.
    public init(
        users: [UserCopy], listings: [Listing], orders: [CountedOrder], performances: [PerformanceCopy] = [],
        moderation: Moderation = Moderation(), seats: SeatClaims = SeatClaims(), drafts: Drafts = Drafts(),
        offers: [UserID: SellerOffers] = [:], limits: NewSellerLimits = .unlimited, unitsPerBuyer: Int? = nil,
        pricing: PricingBook = PricingBook()
    ) {
        self.moderation = moderation
        self.seats = seats
        self.drafts = drafts
        self.pricing = pricing
        self.offers = offers
        self.limits = limits
        self.unitsPerBuyer = unitsPerBuyer
        for user in users { self.users[user.id] = user }
        for listing in listings { self.listings[listing.state.id] = listing }
        for order in orders { self.orders[order.orderId] = order }
        for performance in performances { self.performances[performance.id] = performance }
    }

    public mutating func decide(_ message: Message<ListingsCommand, ListingsEvent>, now: Timestamp) -> Decision {
        switch message {
        case .command(let head, .createListing(let command)): createListing(head, command, now: now)
        case .command(let head, .changeListing(let command)): changeListing(head, command, now: now)
        case .command(let head, .saveDraft(let command)): saveDraft(head, command, now: now)
        case .command(let head, .deleteDraft(let command)): deleteDraft(head, command)
        case .command(_, .closeListing(let command)): closeListing(command.subject, now: now)
        case .command(let head, .takeDownListing(let command)): takeDown(head, command, now: now)
        case .command(let head, .putBackListing(let command)): putBack(head, command, now: now)
        case .command(let head, .reportListing(let command)): report(head, command, now: now)
        case .command(let head, .dismissReports(let command)): dismissReports(head, command, now: now)
        case .command(let head, .applyPricing(let command)): applyPricing(head, command, now: now)
        case .event(_, .user(let user)): apply(user)
        case .event(_, .order(let order)): apply(order, now: now)
        case .event(_, .performance(let performance)): apply(performance)
        case .event(_, .withdrawListings(let slice)): withdrawListings(slice, now: now)
        case .event(_, .followPerformance(let slice)): followPerformance(slice, now: now)
        case .event(_, .checkPolicies(let slice)): checkPolicies(slice, now: now)
        }
    }
}

extension ListingsDecider {
    private mutating func createListing(_ head: CommandHead, _ command: CreateListing, now: Timestamp) -> Decision {
        guard let seller = head.actor.userID else { return .refused(.forbidden, "Sign in to sell.") }
        guard listings[ListingID(head.id.uuid)] == nil else {
            return .refused(.keyReused, "This Idempotency-Key has already created a listing. Use a new one.")
        }
        if let refused = refusal(ofSeller: seller, atLeast: command.userVersion) { return refused }
        if let draft = command.draftId, drafts.seller(of: draft) != seller { return Self.noDraft }
        var state = ListingState(
            id: ListingID(head.id.uuid), sellerId: seller, title: command.title, price: command.price,
            currency: command.currency, quantity: command.quantity, splitRule: command.splitRule?.unlessAny,
            seats: command.seats?.map { Seat(name: $0, sale: 1) }, details: command.details, withdrawn: false,
            version: 1, createdAt: now, updatedAt: now)
        var performance: PerformanceCopy?
        if let id = command.performanceId {
            guard let copy = performances[id], copy.version >= command.performanceVersion ?? 1 else {
                return .deferred("the copy of the performance is behind")
            }
            if let refusal = copy.refusal(toSeller: seller, now: now) { return .refused(refusal) }
            state.take(copy)
            performance = copy
        }
        if let refused = Self.refusal(of: state) { return refused }
        if let refused = setPrice(of: &state, command, performance, now: now) { return refused }
        let refusal =
            Self.refusal(ofSeats: state) ?? Self.refusal(ofContacts: state)
            ?? Self.refusal(ofStarted: state, now: now) ?? refusal(ofSplit: state)
            ?? refusal(ofOffer: state, insteadOf: nil)
        if let refusal { return refusal }
        if let names = command.seats {
            do throws(Refusal) { state.seats = try seats.offer(names, of: state) } catch { return .refused(error) }
        }
        if let reason = performance?.suspension {
            state.suspended = Suspension(reason: reason, wasOnSale: true)
            state.withdrawn = true
        }
        offers[seller]?.change(from: nil, to: state)
        seats.insert(state)
        let listing = Listing(
            state: state, held: 0, sold: 0, performanceVersion: performance?.version,
            free: state.seats.map { SeatRuns(seats: $0.count).free },
            policySeen: performance.map { pricing.revision(of: $0.country) })
        listings[state.id] = listing
        insertedListings.insert(state.id)
        if let draft = command.draftId { drafts.delete(draft) }
        return .reply(listing.representation, events: [state.announcement])
    }

    private mutating func changeListing(_ head: CommandHead, _ command: ChangeListing, now: Timestamp) -> Decision {
        guard var listing = listings[command.ticketId] else {
            return .refused(.notFound, "There is no listing with this id.")
        }
        guard head.actor == .user(listing.state.sellerId) else {
            return .refused(.forbidden, "Only the seller may change a listing.")
        }
        if let refused = refusal(ofSeller: listing.state.sellerId, atLeast: command.userVersion) { return refused }
        if let version = command.ifVersion, version != listing.state.version {
            return .refused(
                .staleVersion,
                "The listing has changed: its version is now \(listing.state.version). Reload it and try again."
            )
        }
        var state = listing.state
        state.title = command.title ?? state.title
        state.price = command.price ?? state.price
        state.currency = command.currency ?? state.currency
        state.quantity = command.quantity ?? state.quantity
        if let rule = command.splitRule { state.splitRule = rule.unlessAny }
        state.details = state.details.changed(by: command.details)
        state.withdrawn = command.withdrawn ?? state.withdrawn
        if command.withdrawn == true {
            state.suspended?.wasOnSale = false
            state.takenDown?.wasOnSale = false
        }
        // The code below checks again whether the seats are taken.
        if command.withdrawn == false, state.suspended?.reason == .seatsTaken { state.suspended = nil }
        if let refused = Self.refusal(of: state) { return refused }
        if let refused = setPrice(of: &state, command, from: listing.state, now: now) { return refused }
        guard state != listing.state else { return .reply(listing.representation) }
        if let refused = Self.refusal(ofPerformanceIn: state, from: listing.state) { return refused }
        if let refused = refusal(of: state, from: listing, now: now) { return refused }
        if state.takenDown != nil, !state.withdrawn {
            return .refused(.conflict, "We removed this listing, so it can't be put back on sale.")
        }
        if let refused = refusal(ofOffer: state, insteadOf: listing.state) { return refused }
        if let refused = refusal(ofSeatsIn: state, from: listing.state) { return refused }
        listing.state = state
        let event = update(&listing, now: now)
        return .reply(listing.representation, events: [event])
    }

    /// Takes a listing off sale if its show has started according to this service's clock. It can't be put back on
    /// sale.
    ///
    /// Searches read an index of the listings on sale. If past listings stayed in it, each search would have to skip
    /// them.
    private mutating func closeListing(_ id: ListingID, now: Timestamp) -> Decision {
        guard var listing = listings[id], !listing.state.withdrawn, let start = listing.state.details.startsAt else {
            return .done
        }
        guard start <= now else {
            return CloseListing.isSoon(start, by: now) ? .deferred("the show has not started yet") : .done
        }
        listing.state.withdrawn = true
        return .done(events: [update(&listing, now: now)])
    }

    /// Updates the copy if the version is newer. After a ban, the user can't create or change listings, and the user's
    /// listings on sale are withdrawn in slices.
    private mutating func apply(_ user: UserState) -> Decision {
        if let known = users[user.id], known.version >= user.version { return .done }
        users[user.id] = UserCopy(user)
        upsertedUsers.insert(user.id)
        if user.status == .banned { work.started.insert(Work(.withdrawListings, user.id.uuid)) }
        return .done
    }

    /// Withdraws the loaded listings of a banned seller. A slice ends the work if it finds no listing, or if the ban
    /// was lifted.
    private mutating func withdrawListings(_ slice: WorkSlice, now: Timestamp) -> Decision {
        let seller = UserID(slice.work.subject)
        let found = listings.values.filter { $0.state.sellerId == seller }
        guard users[seller]?.status == .banned, !found.isEmpty || slice.skipped > 0 else {
            work.ended.insert(slice.work)
            return .done
        }
        let onSale = found.filter { !$0.state.withdrawn }
        var events: [NewEvent] = []
        for var listing in onSale.sorted(by: { $0.state.id < $1.state.id }) {
            listing.state.withdrawn = true
            events.append(update(&listing, now: now))
        }
        return .done(events: events)
    }

    /// Changes the counts by the difference between the new and the old state, once for each version of an order.
    private mutating func apply(_ order: CountedOrder, now: Timestamp) -> Decision {
        let known = orders[order.orderId]
        if let known, known.version >= order.version { return .done }
        var order = order
        // Events of the previous build contain no units.
        if order.units == nil { (order.units, order.userId) = (known?.units, known?.userId) }
        orders[order.orderId] = order
        if known == nil { insertedOrders.insert(order.orderId) }
        upsertedOrders.insert(order.orderId)
        if var listing = listings[order.ticketId] {
            let before = listing
            listing.held += order.held - (known?.held ?? 0)
            listing.sold += order.sold - (known?.sold ?? 0)
            let events = countSeats(of: order, &listing, now: now)
            if listing != before {
                listings[order.ticketId] = listing
                modifiedListings.insert(order.ticketId)
            }
            return .done(events: events)
        }
        return .done
    }

    /// Stores a new version of the listing and returns its event.
    mutating func update(_ listing: inout Listing, now: Timestamp) -> NewEvent {
        var sameOffer = listings[listing.state.id]?.state
        sameOffer?.withdrawn = listing.state.withdrawn
        sameOffer?.suspended = listing.state.suspended
        if listing.state != sameOffer { modifiedOffers.insert(listing.state.id) }
        listing.state.version += 1
        listing.state.updatedAt = now
        offers[listing.state.sellerId]?.change(from: listings[listing.state.id]?.state, to: listing.state)
        seats.follow(listing.state)
        listings[listing.state.id] = listing
        modifiedListings.insert(listing.state.id)
        modifiedFacts.insert(listing.state.id)
        return listing.state.announcement
    }

    /// Stores a change that concerns only this service, and announces no new version.
    mutating func store(_ listing: Listing) {
        seats.follow(listing.state)
        listings[listing.state.id] = listing
        modifiedListings.insert(listing.state.id)
        modifiedFacts.insert(listing.state.id)
    }

    func refusal(ofSeller seller: UserID, atLeast version: Int64) -> Decision? {
        guard let user = users[seller], user.version >= version else {
            return .deferred("the copy of the seller is behind")
        }
        guard user.status == .active else { return .refused(.banned) }
        return nil
    }

    func refusal(ofOffer state: ListingState, insteadOf old: ListingState?) -> Decision? {
        offers[state.sellerId]?.refusal(of: state, insteadOf: old, limits: limits).map { .refused($0) }
    }

    /// Repeats the API's validation, because a command can be written by hand.
    static func refusal(of state: ListingState) -> Decision? {
        guard ListingState.isTitle(state.title) else {
            return .refused(
                .invalid,
                "The title must have 1 to \(ListingState.titleLimit) characters on one line, and must not be blank.",
                field: "title")
        }
        guard (1...ListingState.quantityLimit).contains(state.quantity) else {
            return .refused(
                .invalid, "The quantity must be 1 to \(ListingState.quantityLimit).", field: "quantity")
        }
        return state.details.refusal.map { .refused($0) }
    }

    /// Only a new price is refused: a listing of an earlier version may have a price that is too low, and must stay
    /// changeable.
    static func refusal(ofPrice state: ListingState) -> Decision? {
        Price.fault(ofAsk: state.price, in: state.currency).map {
            .refused(.invalid, "The price \($0).", field: "price")
        }
    }

    /// The refusal of contact details in a new or changed text, or nil.
    static func refusal(ofContacts state: ListingState, from old: ListingState? = nil) -> Decision? {
        let (new, before) = (state.details, old?.details)
        let names = [
            ("title", state.title, old?.title), ("venue", new.venue, before?.venue), ("city", new.city, before?.city),
            ("section", new.section, before?.section), ("row", new.row, before?.row),
        ]
        for case (let field, let text?, let previous) in names where text != previous {
            if let found = ContactDetails.find(inName: text) { return refusal(of: found, in: field) }
        }
        guard let note = new.note, note != before?.note else { return nil }
        return ContactDetails.find(in: note).map { refusal(of: $0, in: "note") }
    }

    private static func refusal(of found: ContactDetails, in field: String) -> Decision {
        .refused(
            .invalid, "The \(field) must not contain \(found.rawValue). Buyers are protected only if they pay here.",
            field: field)
    }

    private static func refusal(ofStarted state: ListingState, now: Timestamp) -> Decision? {
        guard state.details.hasStarted(by: now) else { return nil }
        return .refused(.invalid, "The event has already started.", field: "startsAt")
    }

    /// The refusal of a change that is no longer possible, or nil if the change is possible.
    private func refusal(of state: ListingState, from listing: Listing, now: Timestamp) -> Decision? {
        // A listing that is suspended because of its performance may still get a new date.
        if listing.state.suspended == nil || listing.state.suspended?.reason == .seatsTaken,
            listing.state.details.hasStarted(by: now)
        {
            var withdrawn = listing.state
            withdrawn.withdrawn = true
            return state == withdrawn
                ? nil : .refused(.conflict, "The event has started. You can only withdraw this listing.")
        }
        if state.details.startsAt != listing.state.details.startsAt,
            let refused = Self.refusal(ofStarted: state, now: now)
        {
            return refused
        }
        if let refused = Self.refusal(ofContacts: state, from: listing.state) { return refused }
        let taken = listing.held + listing.sold
        guard state.quantity >= min(taken, listing.state.quantity) else {
            return .refused(
                .conflict, "\(taken) tickets are held or sold: the quantity must be at least \(taken).",
                field: "quantity")
        }
        if let refused = refusal(ofSplit: state, from: listing) { return refused }
        if taken > 0, !state.describesSameTickets(as: listing.state) {
            return .refused(
                .conflict,
                "Tickets are held or sold: title, venue, city, time, section and row can no longer change."
            )
        }
        return nil
    }
}
