// Checks that a listing can be sold by its split rule. See ``QuantitySet`` for the rule that orders follow.
//
// This service counts orders some time after they are made, so it may accept a change that a new hold does not fit. The
// orders service then sells nothing that the new rule forbids, and the remaining units wait until the hold ends or the
// seller changes the listing again.
extension ListingsDecider {
    /// The refusal of a listing without held or sold units, or nil if all its units can be sold.
    func refusal(ofSplit state: ListingState) -> Decision? {
        guard let rule = state.splitRule, let set = state.splitSet else { return nil }
        guard set.spans(state.quantity) else {
            return .refused(.lotDoesNotSplit, Self.fault(of: rule, state.quantity), field: "splitRule")
        }
        return refusal(ofSmallest: set, state)
    }

    /// The refusal of a change, or nil if all free units can be sold, even after the holds have ended.
    func refusal(ofSplit state: ListingState, from listing: Listing) -> Decision? {
        let old = listing.state
        guard let set = state.splitSet else { return nil }
        let hasNewTotals = state.price != old.price || state.currency != old.currency
        guard state.splitRule != old.splitRule || state.quantity != old.quantity else {
            return hasNewTotals ? refusal(ofSmallest: set, state) : nil
        }
        guard listing.held + listing.sold > 0 else { return refusal(ofSplit: state) }
        let left = max(0, state.quantity - listing.held - listing.sold)
        guard listing.free.map({ SeatRuns(free: $0).areSpanned(by: set) }) ?? set.spans(left) else {
            return .refused(
                .splitBusy, "\(left) tickets would be left, which can't all be sold in orders of \(set.text).",
                field: state.splitRule == old.splitRule ? "quantity" : "splitRule")
        }
        // Each hold's quantity is a sum of members of the old set.
        guard set.spansAll(of: (old.splitSet ?? .all).upTo(listing.held)) else {
            return .refused(
                .splitBusy,
                "\(listing.held) tickets are reserved. If some go back on sale, they may not fit into orders of "
                    + "\(set.text). Try again in a few minutes.",
                field: state.splitRule == old.splitRule ? "quantity" : "splitRule")
        }
        return refusal(ofSmallest: set, state)
    }

    /// The refusal of a rule whose smallest order costs too much to be paid, or exceeds the limit of one buyer.
    private func refusal(ofSmallest set: QuantitySet, _ state: ListingState) -> Decision? {
        guard let smallest = set.smallest else { return nil }
        if let unitsPerBuyer, smallest > unitsPerBuyer {
            return .refused(
                .lotDoesNotSplit,
                "A buyer can have at most \(unitsPerBuyer) tickets of one listing, but the smallest order would have "
                    + "\(smallest).", field: "splitRule")
        }
        guard Price(minorUnits: state.allIn)?.times(smallest, in: state.currency) == nil else { return nil }
        return .refused(
            .lotDoesNotSplit, "\(smallest) tickets cost more than can be paid in one order.", field: "splitRule")
    }

    private static func fault(of rule: SplitRule, _ quantity: Int) -> String {
        switch rule {
        case .allTogether: "At most \(QuantitySet.limit) tickets can be sold all together."
        case .noSingle: "A single ticket can only be sold alone."
        case .pairs: "An odd number of tickets can't be sold in pairs."
        case .any, .custom:
            "\(quantity) tickets can't all be sold in orders of \(rule.quantities(of: quantity).text)."
        }
    }
}
