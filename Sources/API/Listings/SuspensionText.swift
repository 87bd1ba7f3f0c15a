import Marketplace

/// The texts about a suspended listing.
enum SuspensionText {
    /// The state of the listing, in two or three words.
    static func name(of reason: Suspension.Reason) -> String {
        switch reason {
        case .unpublished: "Not published yet"
        case .postponed: "Event postponed"
        case .eventCancelled: "Event cancelled"
        case .seatsTaken: "Seats taken"
        case .policy: "Price too high"
        default: "Off sale"
        }
    }

    static func of(_ reason: Suspension.Reason) -> String {
        switch reason {
        case .unpublished: "We have not published this event yet. These tickets go on sale when we do."
        case .postponed: "This event is postponed. These tickets are off sale until it has a new date."
        case .seatsTaken: "Another listing offers these seats."
        case .eventCancelled: "This event has been cancelled, so these tickets are no longer on sale."
        case .policy:
            "These tickets are off sale: the price of tickets is limited here. The seller can change the price."
        default: "These tickets are no longer on sale."
        }
    }
}
