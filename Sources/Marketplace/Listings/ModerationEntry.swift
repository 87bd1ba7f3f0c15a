/// An entry of the moderation log: an admin's action on a listing. It is written in the transaction of the action, and
/// never changed.
public struct ModerationEntry: Hashable, Sendable {
    public enum Kind: String, NamedValue, Sendable {
        case takenDown = "taken_down"
        case putBack = "put_back"
        case reportsDismissed = "reports_dismissed"
    }

    public var at: Timestamp
    public var kind: Kind
    /// The sender of the command.
    public var actor: Actor
    public var listingId: ListingID
    public var sellerId: UserID
    public var reason: String?
    public var note: String?

    public init(
        at: Timestamp, kind: Kind, actor: Actor, listingId: ListingID, sellerId: UserID, reason: String? = nil,
        note: String? = nil
    ) {
        self.at = at
        self.kind = kind
        self.actor = actor
        self.listingId = listingId
        self.sellerId = sellerId
        self.reason = reason
        self.note = note
    }
}
