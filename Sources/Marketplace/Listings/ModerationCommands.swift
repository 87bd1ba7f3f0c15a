// Commands of admins. The API checks that the sender is an admin before it sends such a command, because this service's
// copies of users have no role.

/// Takes a listing off sale. Its unpaid orders are cancelled; paid orders stay. If the reason is
/// ``TakeDown/Reason/scam``, anyone may list the seats that it has sold.
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

/// Puts back a listing that an admin has taken down. It is on sale again if it was before, unless its show has started,
/// its seller is banned, the limits on new sellers do not allow it, or the listing is suspended.
public struct PutBackListing: CommandPayload {
    public var ticketId: ListingID
    /// The seller, whose copy the decision needs.
    public var sellerId: UserID
    /// The only version that may be put back, or nil for any. The seller can change the listing after the admin has
    /// looked at it.
    public var ifVersion: Int64?

    public init(ticketId: ListingID, sellerId: UserID, ifVersion: Int64? = nil) {
        self.ticketId = ticketId
        self.sellerId = sellerId
        self.ifVersion = ifVersion
    }
}

/// Closes the open reports of a listing without changing the listing.
public struct DismissReports: CommandPayload {
    public var ticketId: ListingID

    public init(ticketId: ListingID) { self.ticketId = ticketId }
}
