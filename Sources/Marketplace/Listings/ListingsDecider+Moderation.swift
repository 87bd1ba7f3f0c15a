// Reports of users, and the decisions of admins about single listings.
extension ListingsDecider {
    mutating func takeDown(_ head: CommandHead, _ command: TakeDownListing, now: Timestamp) -> Decision {
        guard mayModerate(head.actor) else { return Self.onlyAdmins }
        guard var listing = listings[command.ticketId] else { return Self.noListing }
        if let note = command.note, !PlainText.isParagraphs(note, upTo: TakeDown.noteLimit) {
            return .refused(
                .invalid, "The note must have 1 to \(TakeDown.noteLimit) characters, and must not be blank.",
                field: "note")
        }
        guard listing.state.takenDown == nil else { return .reply(listing.representation) }
        listing.state.takenDown = TakeDown(
            reason: command.reason, note: command.note,
            wasOnSale: listing.state.suspended?.wasOnSale ?? !listing.state.withdrawn)
        listing.state.withdrawn = true
        let event = update(&listing, now: now)
        _ = moderation.close(listing.state.id, as: .upheld, by: head.actor, now: now)
        record(.takenDown, head, listing, reason: command.reason.rawValue, note: command.note, now: now)
        return .reply(listing.representation, events: [event])
    }

    mutating func putBack(_ head: CommandHead, _ command: PutBackListing, now: Timestamp) -> Decision {
        guard mayModerate(head.actor) else { return Self.onlyAdmins }
        guard var listing = listings[command.ticketId], listing.state.sellerId == command.sellerId else {
            return Self.noListing
        }
        let before = listing.state
        guard let takenDown = before.takenDown else { return .reply(listing.representation) }
        if let version = command.ifVersion, version != before.version {
            return .refused(
                .staleVersion, "The listing has changed since you opened it. Check it again before you put it back.")
        }
        guard users[command.sellerId] != nil else { return .deferred("the copy of the seller is behind") }
        let others = takenDown.reason == .scam ? seats.soldToOthers(of: command.ticketId) : []
        guard others.isEmpty else {
            return .refused(
                .conflict,
                "\(SeatNames.list(others, verb: ("was", "were"))) listed again by somebody else in the meantime. This "
                    + "listing can't be put back while another one has \(others.count == 1 ? "it." : "them.")")
        }
        listing.state.takenDown = nil
        listing.state.suspended?.wasOnSale = takenDown.wasOnSale
        listing.state.withdrawn =
            before.suspended != nil || !mayResume(listing.state, takenDown.wasOnSale, from: before, now: now)
        if !listing.state.withdrawn, let id = listing.state.performanceId {
            guard let performance = performances[id] else { return .deferred("the copy of the performance is behind") }
            suspend(
                &listing.state, suspension(of: listing.state, by: performance, now: now), from: listing.state, now: now)
        }
        let event = update(&listing, now: now)
        record(.putBack, head, listing, now: now)
        return .reply(listing.representation, events: [event])
    }

    mutating func dismissReports(_ head: CommandHead, _ command: DismissReports, now: Timestamp) -> Decision {
        guard mayModerate(head.actor) else { return Self.onlyAdmins }
        guard let listing = listings[command.ticketId] else { return Self.noListing }
        if moderation.close(listing.state.id, as: .dismissed, by: head.actor, now: now) {
            record(.reportsDismissed, head, listing, now: now)
        }
        return .done
    }

    /// A second report by the same user changes nothing, and gets the first report as its reply.
    mutating func report(_ head: CommandHead, _ command: ReportListing, now: Timestamp) -> Decision {
        guard let reporter = head.actor.userID else { return .refused(.forbidden, "Sign in to report a listing.") }
        guard let user = users[reporter], user.version >= command.userVersion else {
            return .deferred("the copy of the reporter is behind")
        }
        guard user.status == .active else { return .refused(.banned) }
        guard let listing = listings[command.ticketId] else { return Self.noListing }
        guard listing.state.sellerId != reporter else { return .refused(.conflict, "This is your own listing.") }
        if let text = command.text, !PlainText.isParagraphs(text, upTo: ListingReport.textLimit) {
            return .refused(
                .invalid, "The text must have 1 to \(ListingReport.textLimit) characters, and must not be blank.",
                field: "text")
        }
        let report = moderation.add(
            ListingReport(
                listingId: listing.state.id, reporterId: reporter, reason: command.reason, text: command.text,
                status: .open, at: now))
        return .reply(ReportRepresentation(report))
    }

    private mutating func record(
        _ kind: ModerationEntry.Kind, _ head: CommandHead, _ listing: Listing, reason: String? = nil,
        note: String? = nil, now: Timestamp
    ) {
        moderation.record(
            ModerationEntry(
                at: now, kind: kind, actor: head.actor, listingId: listing.state.id, sellerId: listing.state.sellerId,
                reason: reason, note: note))
    }

    /// The sender has checked that the user is an admin, because this service's copies of users have no role.
    private func mayModerate(_ actor: Actor) -> Bool {
        switch actor {
        case .operator: true
        case .user(let id): users[id]?.status == .active
        case .nobody, .stripe: false
        }
    }

    private static let onlyAdmins = Decision.refused(.forbidden, "Only an admin may do this.")
    private static let noListing = Decision.refused(.notFound, "There is no listing with this id.")
}
