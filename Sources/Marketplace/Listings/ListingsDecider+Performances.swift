// The effects of a changed performance on its listings.
//
// When a performance changes, this service updates its copy and starts work. Each listing records the version of the
// performance from which its facts were copied, and a slice updates the listings that are behind.
extension ListingsDecider {
    /// Updates the copy if the version is newer. Listings are updated if a fact that they show has changed.
    mutating func apply(_ performance: PerformanceCopy) -> Decision {
        let known = performances[performance.id]
        if let known, known.version >= performance.version { return .done }
        performances[performance.id] = performance
        upsertedPerformances.insert(performance.id)
        if let known, !known.listsLike(performance) {
            work.started.insert(Work(.followPerformance, performance.id.uuid))
        }
        return .done
    }

    /// Copies the performance into the loaded listings that are behind. A slice that finds no listing ends the work.
    ///
    /// The listings of a merged performance move to the winner. No performance is merged into a merged one, so if the
    /// winner's copy is merged, a newer event about this performance will follow.
    mutating func followPerformance(_ slice: WorkSlice, now: Timestamp) -> Decision {
        let id = PerformanceID(slice.work.subject)
        guard let performance = performances[id] else { return end(slice) }
        let behind = listings.values.filter { listing in
            listing.state.performanceId == id && listing.performanceVersion ?? 0 < performance.version
        }
        guard !behind.isEmpty || slice.skipped > 0 else { return end(slice) }
        var target = performance
        if performance.status == .merged {
            guard let winner = performance.mergedInto.flatMap({ performances[$0] }), winner.status != .merged else {
                return .done
            }
            target = winner
        }
        return .done(
            events: behind.sorted { $0.state.id < $1.state.id }.compactMap { follow(target, $0, now: now) })
    }

    private mutating func end(_ slice: WorkSlice) -> Decision {
        work.ended.insert(slice.work)
        return .done
    }

    /// - Returns: The listing's event, or nil if the listing is the same as before.
    private mutating func follow(_ performance: PerformanceCopy, _ listing: Listing, now: Timestamp) -> NewEvent? {
        var listing = listing
        let before = listing.state
        listing.performanceVersion = performance.version
        listing.state.take(performance)
        listing.policySeen = pricing.revision(of: performance.country)
        suspend(&listing.state, suspension(of: listing.state, by: performance, now: now), from: before, now: now)
        return finish(&listing, from: before, now: now)
    }

    /// Stores a listing that a slice has checked.
    ///
    /// - Returns: The listing's event, or nil if its facts are the same as before.
    mutating func finish(_ listing: inout Listing, from before: ListingState, now: Timestamp) -> NewEvent? {
        guard listing.state != before else {
            store(listing)
            return nil
        }
        return update(&listing, now: now)
    }

    /// Suspends a listing for a reason, or ends its suspension if the reason is nil.
    func suspend(
        _ state: inout ListingState, _ reason: Suspension.Reason?, from before: ListingState, now: Timestamp
    ) {
        switch (before.suspended, reason) {
        case (nil, nil): break
        // Only the seller may put such a listing back on sale.
        case (let suspended?, nil) where suspended.reason == .seatsTaken: break
        case (nil, let reason?):
            state.suspended = Suspension(
                reason: reason, wasOnSale: before.takenDown?.wasOnSale ?? !before.withdrawn)
            state.withdrawn = true
        case (let suspended?, let reason?):
            state.suspended = Suspension(reason: reason, wasOnSale: suspended.wasOnSale)
        case (let suspended?, nil):
            state.suspended = nil
            state.takenDown?.wasOnSale = suspended.wasOnSale
            state.withdrawn = !mayResume(state, suspended.wasOnSale, from: before, now: now)
        }
        suspendIfTaken(&state)
    }

    /// True if a listing may go back on sale without a command of its seller. It is checked again, because the seller
    /// may have changed it since, or listed more tickets.
    func mayResume(
        _ state: ListingState, _ wasOnSale: Bool, from before: ListingState, now: Timestamp
    ) -> Bool {
        guard wasOnSale, state.takenDown == nil, users[state.sellerId]?.status == .active,
            !state.details.hasStarted(by: now)
        else { return false }
        var resumed = state
        resumed.withdrawn = false
        return refusal(ofOffer: resumed, insteadOf: before) == nil
    }

    /// The refusal of a change by the seller that concerns the performance, or nil.
    static func refusal(ofPerformanceIn state: ListingState, from before: ListingState) -> Decision? {
        if before.performanceId != nil, !state.isOfSameShow(as: before) {
            return .refused(
                .conflict, "Title, venue, city and time come from the listing's performance and can't be changed here.")
        }
        // The seats of a listing may be free again, so `seatsTaken` is checked elsewhere.
        if let suspended = state.suspended, !state.withdrawn, suspended.reason != .seatsTaken {
            return .refused(.conflict, suspended.reason.refusalToSell)
        }
        return nil
    }
}

extension ListingState {
    /// Copies the facts of a performance.
    mutating func take(_ performance: PerformanceCopy) {
        performanceId = performance.id
        title = performance.title
        details.venue = performance.venue
        details.city = performance.city
        details.startsAt = performance.startsAt
        details.timeZone = performance.timeZone
    }

    fileprivate func isOfSameShow(as other: ListingState) -> Bool {
        title == other.title && details.venue == other.details.venue && details.city == other.details.city
            && details.startsAt == other.details.startsAt && details.timeZone == other.details.timeZone
    }
}

extension Suspension.Reason {
    /// The message for the seller: why the listing can't be on sale.
    fileprivate var refusalToSell: String {
        switch self {
        case .unpublished: "We have not published this event yet. The listing goes on sale when we do."
        case .postponed: "This event is postponed. The listing goes back on sale when the event has a new date."
        case .eventCancelled: "This event has been cancelled, so the listing can't go back on sale."
        case .seatsTaken: "Another listing offers these seats."
        case .policy: "The price is above the limit for this place. Lower it to sell the tickets."
        default: "This event can't be sold, so the listing can't go back on sale."
        }
    }
}
