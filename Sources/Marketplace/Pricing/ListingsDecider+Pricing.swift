// The price of a listing. The fees are decided when the listing is created, and when its price, currency or face value
// changes. At these times the price is also compared with the cap of its place. The price is compared again when the
// listing goes back on sale, and when a policy or the performance changes.
extension ListingsDecider {
    /// Sets the fees of a new listing.
    ///
    /// - Returns: The refusal of its price, or nil.
    func setPrice(
        of state: inout ListingState, _ command: CreateListing, _ performance: PerformanceCopy?, now: Timestamp
    ) -> Decision? {
        if let refused = Self.refusal(ofFaceValue: command.faceValue, command.faceCurrency, state.currency) {
            return refused
        }
        return setPrice(of: &state, faceValue: command.faceValue, performance, now: now)
    }

    /// Sets the fees of a changed listing if its price, currency or face value has changed. If one of these has
    /// changed, or the seller puts the listing back on sale, and the price is within the cap, a suspension by a policy
    /// ends.
    ///
    /// - Returns: The refusal of its price, or nil.
    func setPrice(
        of state: inout ListingState, _ command: ChangeListing, from old: ListingState, now: Timestamp
    ) -> Decision? {
        if let refused = Self.refusal(ofFaceValue: command.faceValue, command.faceCurrency, state.currency) {
            return refused
        }
        // A face value in another currency says nothing about the new price.
        let kept = state.currency == old.currency ? old.pricing?.faceValue : nil
        let faceValue = command.faceValue ?? kept
        let isNewPrice =
            state.price != old.price || state.currency != old.currency || faceValue != old.pricing?.faceValue
        let isPolicySuspended = old.suspended?.reason == .policy
        let isResumed = old.withdrawn && !state.withdrawn
        guard isNewPrice || isResumed else { return nil }
        let performance = state.performanceId.flatMap { performances[$0] }
        guard state.performanceId == nil || performance != nil else {
            return .deferred("the copy of the performance is behind")
        }
        if isNewPrice {
            if let refused = setPrice(of: &state, faceValue: faceValue, performance, now: now) { return refused }
        } else if let refusal = refusalByPolicy(of: state, performance, now: now) {
            return .refused(refusal)
        }
        if isPolicySuspended, let suspended = state.suspended {
            state.suspended = nil
            let resumes = command.withdrawn.map { !$0 } ?? suspended.wasOnSale
            state.withdrawn = !resumes || state.takenDown != nil
            state.takenDown?.wasOnSale = resumes
        }
        return nil
    }

    private func setPrice(
        of state: inout ListingState, faceValue: Int64?, _ performance: PerformanceCopy?, now: Timestamp
    ) -> Decision? {
        guard (1...Price.limit).contains(state.price) else { return Self.refusal(ofPrice: state) }
        let quote = pricing.quote(
            ask: state.price, state.currency, faceValue: faceValue, at: PricePlace(performance), now: now)
        if let refusal = quote.refusal { return .refused(refusal) }
        state.pricing = quote.pricing.unlessEmpty
        return nil
    }

    /// The refusal of a listing's price by the policy of its place, or nil.
    func refusalByPolicy(of state: ListingState, _ performance: PerformanceCopy?, now: Timestamp) -> Refusal? {
        pricing.refusal(of: state.price, state.pricing, state.currency, at: PricePlace(performance), now: now)
    }

    private static func refusal(ofFaceValue value: Int64?, _ own: Currency?, _ currency: Currency) -> Decision? {
        guard let value else { return nil }
        guard (1...currency.facts.maximum).contains(value) else {
            return .refused(
                .invalid, "The face value must be 1 to \(currency.facts.maximum) minor units of \(currency).",
                field: "faceValue")
        }
        guard own ?? currency == currency else {
            return .refused(
                .invalid, "The face value must be in the currency of the price, \(currency).", field: "faceCurrency")
        }
        return nil
    }
}

// MARK: - Policies that change

extension ListingsDecider {
    /// Stores rules and policies, and starts to check the listings of each country whose policy has changed.
    mutating func applyPricing(_ head: CommandHead, _ command: ApplyPricing, now: Timestamp) -> Decision {
        guard head.actor == .operator else { return .refused(.forbidden, "Only the operator may do this.") }
        let faults = command.faults(now: now)
        guard faults.isEmpty else {
            return .refused(.invalid, faults.prefix(20).map(\.text).joined(separator: "; "))
        }
        guard pricing.hasRoom(for: command) else {
            return .refused(
                .conflict, "At most \(PricingBook.rowLimit) fee rules and as many price policies can be stored.")
        }
        let reply = pricing.apply(command, now: now)
        for policy in pricing.insertedPolicies where policy.content.status != .announced {
            for country in policy.content.country.map({ [$0] }) ?? Country.codes {
                work.started.insert(.checkPolicies(in: country))
            }
        }
        return .reply(reply)
    }

    /// Checks the loaded listings of a country. If a slice finds none and has skipped none, the work ends.
    mutating func checkPolicies(_ slice: WorkSlice, now: Timestamp) -> Decision {
        let country = slice.work.country
        let revision = pricing.revision(of: country)
        let behind = listings.values.filter { listing in
            listing.policySeen ?? 0 < revision
                && listing.state.performanceId.flatMap { performances[$0] }?.country == country
        }
        guard !behind.isEmpty || slice.skipped > 0 else {
            work.ended.insert(slice.work)
            return .done
        }
        if !behind.isEmpty { work.progressed.insert(slice.work) }
        let events = behind.sorted { $0.state.id < $1.state.id }.compactMap { listing -> NewEvent? in
            guard let performance = listing.state.performanceId.flatMap({ performances[$0] }) else { return nil }
            return check(listing, performance, now: now)
        }
        return .done(events: events)
    }

    /// - Returns: The listing's event, or nil if the listing's facts do not change.
    private mutating func check(
        _ listing: Listing, _ performance: PerformanceCopy, now: Timestamp
    ) -> NewEvent? {
        var listing = listing
        let before = listing.state
        listing.policySeen = pricing.revision(of: performance.country)
        if before.suspended == nil || before.suspended?.reason == .policy {
            suspend(&listing.state, suspension(of: listing.state, by: performance, now: now), from: before, now: now)
        }
        return finish(&listing, from: before, now: now)
    }

    /// The reason why a listing can't be on sale (its performance or its price), or nil if it can.
    func suspension(
        of state: ListingState, by performance: PerformanceCopy, now: Timestamp
    ) -> Suspension.Reason? {
        performance.suspension ?? (refusalByPolicy(of: state, performance, now: now) == nil ? nil : .policy)
    }
}
