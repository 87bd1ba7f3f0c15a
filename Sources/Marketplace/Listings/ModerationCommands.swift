// Commands of admins. The API and the operator's tool check that the sender is an admin before they send such a
// command.

/// Takes a listing off sale. Its unpaid orders are cancelled; paid orders stay.
public struct TakeDownListing: CommandPayload {
    public var ticketId: ListingID
    public var reason: TakeDown.Reason
    public var note: String?

    public init(ticketId: ListingID, reason: TakeDown.Reason, note: String? = nil) {
        self.ticketId = ticketId
        self.reason = reason
        self.note = note
    }
}

/// Puts back a listing that an admin has taken down. It is on sale again if it was before, unless its show has started
/// or its seller is banned.
public struct PutBackListing: CommandPayload {
    public var ticketId: ListingID
    /// The seller, whose copy the decision needs.
    public var sellerId: UserID

    public init(ticketId: ListingID, sellerId: UserID) {
        self.ticketId = ticketId
        self.sellerId = sellerId
    }
}

/// Closes the open reports of a listing without a change of the listing.
public struct DismissReports: CommandPayload {
    public var ticketId: ListingID

    public init(ticketId: ListingID) { self.ticketId = ticketId }
}
