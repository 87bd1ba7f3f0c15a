// The seats of listings: the rules for a new listing, and the claims that keep two listings from offering the same
// seat.
extension ListingsDecider {
    /// The refusal of a new listing whose own facts do not allow its seats, or nil. It does not look at other listings.
    static func refusal(ofSeats state: ListingState) -> Decision? {
        guard let names = state.seats?.map(\.name) else { return nil }
        let needed = [
            ("performanceId", state.performanceId == nil), ("section", state.details.section == nil),
            ("row", state.details.row == nil),
        ]
        for (field, isMissing) in needed where isMissing {
            return .refused(.invalid, "A listing with seats needs an event, a section and a row.", field: field)
        }
        for (field, text) in [("section", state.details.section), ("row", state.details.row)]
        where text.map(SeatKey.mayBePlace) == false {
            return .refused(.invalid, "Write the \(field) of seats with letters and numbers.", field: field)
        }
        if let refusal = SeatNames.refusal(of: names) { return .refused(refusal) }
        guard state.quantity == names.count else {
            return .refused(
                .invalid, "The quantity must be the number of seats, or be left out.", field: "quantity")
        }
        return nil
    }

    /// The refusal of a change, or nil. The seats can't change, and a listing goes back on sale only if no other
    /// listing has claimed them.
    func refusal(ofSeatsIn state: ListingState, from old: ListingState) -> Decision? {
        guard old.seats != nil else { return nil }
        let changes = [
            ("section", state.details.section != old.details.section), ("row", state.details.row != old.details.row),
            ("quantity", state.quantity != old.quantity),
        ]
        for (field, hasChanged) in changes where hasChanged {
            return .refused(
                .conflict, "The seats of a listing can't change. Withdraw it, and list the seats again.", field: field)
        }
        guard old.withdrawn, !state.withdrawn else { return nil }
        let taken = seats.taken(of: state)
        return taken.isEmpty ? nil : .refused(.seatsTaken(taken))
    }

    /// Takes a listing off sale again if it would go back on sale automatically although another listing offers its
    /// seats.
    func suspendIfTaken(_ state: inout ListingState) {
        guard !state.withdrawn, !seats.taken(of: state).isEmpty else { return }
        state.suspended = Suspension(reason: .seatsTaken, wasOnSale: true)
        state.withdrawn = true
    }

    /// Counts an order's units. If the order is paid, another listing that offers the same seats is suspended. Such a
    /// listing may exist if the order's listing was withdrawn before this service learned of the order, or if
    /// performances were merged.
    mutating func countSeats(of order: CountedOrder, _ listing: inout Listing, now: Timestamp) -> [NewEvent] {
        guard let units = order.units, listing.free != nil else { return [] }
        var events: [NewEvent] = []
        if order.isPaid {
            for id in seats.rivals(of: order.ticketId, units: units) {
                if var rival = listings[id], !rival.state.withdrawn {
                    rival.state.suspended = Suspension(reason: .seatsTaken, wasOnSale: true)
                    rival.state.withdrawn = true
                    events.append(update(&rival, now: now))
                }
                seats.release(id, to: order.ticketId, units: units)
            }
        }
        seats.count(order, isOnSale: !listing.state.withdrawn)
        listing.free = seats.free(of: order.ticketId)
        return events
    }
}
