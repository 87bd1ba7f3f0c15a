import Marketplace

/// The ids that the messages of a batch refer to.
struct ReferencedListingIDs {
    var users: Set<UserID> = []
    /// The sellers whose offers are counted, because the batch may put some of their tickets on sale.
    var sellers: Set<UserID> = []
    var listings: Set<ListingID> = []
    var orders: Set<OrderID> = []
    /// The performances whose copies the decisions need or change.
    var performances: Set<PerformanceID> = []
    /// The slices of withdrawals.
    var slices: [WorkSlice] = []
    /// The slices of listings that follow a performance.
    var followingSlices: [WorkSlice] = []
    /// The slices of listings that are checked against policies.
    var policySlices: [WorkSlice] = []
    /// The listings whose prices the commands may decide. The decisions need the copies of their performances.
    var priced: Set<ListingID> = []
    /// True if a message decides about prices.
    var decidesPrices: Bool {
        !sellers.isEmpty || !priced.isEmpty || !followingSlices.isEmpty || !policySlices.isEmpty || !drafters.isEmpty
    }
    /// True if a command changes the fee rules and price policies.
    var appliesPricing = false
    /// The listings whose reports are counted.
    var moderated: Set<ListingID> = []
    var reports: Set<Moderation.ReportKey> = []
    var drafts: Set<DraftID> = []
    /// The sellers who save drafts.
    var drafters: Set<UserID> = []
    /// The places of the seats of new listings.
    var newSeats: Set<SeatPlace> = []
    /// The units of paid orders, whose seats another listing may have claimed.
    var paidUnits: [(ticketId: ListingID, unit: Int)] = []

    init(_ messages: [Message<ListingsCommand, ListingsEvent>]) {
        for message in messages {
            switch message {
            case .command(let head, let command):
                if let actor = head.actor.userID { users.insert(actor) }
                switch command {
                // If an idempotency key is used again after its inbox row was dropped, a listing with this id may exist
                // already.
                case .createListing(let command):
                    if let performance = command.performanceId { performances.insert(performance) }
                    if let draft = command.draftId { drafts.insert(draft) }
                    newSeats.formUnion(command.places)
                    listings.insert(ListingID(head.id.uuid))
                    if let actor = head.actor.userID { sellers.insert(actor) }
                case .changeListing(let command):
                    listings.insert(command.ticketId)
                    priced.insert(command.ticketId)
                    if let actor = head.actor.userID { sellers.insert(actor) }
                case .saveDraft(let command):
                    performances.insert(command.performanceId)
                    drafts.insert(command.draftId)
                    if let actor = head.actor.userID { drafters.insert(actor) }
                case .deleteDraft(let command): drafts.insert(command.draftId)
                case .closeListing(let command): listings.insert(command.subject)
                case .takeDownListing(let command): moderated.insert(command.ticketId)
                case .putBackListing(let command):
                    listings.insert(command.ticketId)
                    priced.insert(command.ticketId)
                    users.insert(command.sellerId)
                    sellers.insert(command.sellerId)
                case .dismissReports(let command): moderated.insert(command.ticketId)
                case .reportListing(let command):
                    moderated.insert(command.ticketId)
                    if let reporter = head.actor.userID {
                        reports.insert(Moderation.ReportKey(command.ticketId, reporter))
                    }
                case .applyPricing: appliesPricing = true
                }
            case .event(_, .user(let user)): users.insert(user.id)
            case .event(_, .order(let order)):
                orders.insert(order.orderId)
                listings.insert(order.ticketId)
                if order.status != .awaitingPayment, order.status != .cancelled {
                    paidUnits += (order.units ?? []).map { (order.ticketId, $0) }
                }
            case .event(_, .performance(let performance)): performances.insert(performance.id)
            case .event(_, .withdrawListings(let slice)):
                users.insert(UserID(slice.work.subject))
                slices.append(slice)
            case .event(_, .followPerformance(let slice)):
                performances.insert(PerformanceID(slice.work.subject))
                followingSlices.append(slice)
            case .event(_, .checkPolicies(let slice)): policySlices.append(slice)
            }
        }
        listings.formUnion(moderated)
    }
}

extension CreateListing {
    /// The places of the seats, or none if the decision refuses the place. Names beyond the maximum number of seats are
    /// ignored.
    fileprivate var places: [SeatPlace] {
        guard let seats, let performanceId, let section = details.section, let row = details.row,
            SeatKey.mayBePlace(section), SeatKey.mayBePlace(row)
        else { return [] }
        return SeatKey.keys(section: section, row: row, names: Array(seats.prefix(Seat.limit)))
            .map { SeatPlace(performanceId: performanceId, key: $0) }
    }
}
