/// A listing that its seller has not finished. Only the seller sees it, and it offers nothing.
public struct ListingDraft: Hashable, Sendable {
    public var id: DraftID
    public var sellerId: UserID
    /// The performance that the tickets admit to.
    public var performanceId: PerformanceID
    public var content: Content
    public var updatedAt: Timestamp

    /// The values that the seller has entered.
    public struct Content: Codable, Hashable, Sendable {
        public var section: String?
        public var row: String?
        /// The names of the seats, in their order in the row.
        public var seats: [String]?
        public var quantity: Int
        public var splitRule: SplitRule?
        public var note: String?
        /// The price of one ticket in minor units, or nil if the seller has not entered it yet.
        public var price: Int64?
        /// The currency of the price and of the face value.
        public var currency: Currency?
        public var faceValue: Int64?

        public init(
            section: String? = nil, row: String? = nil, seats: [String]? = nil, quantity: Int,
            splitRule: SplitRule? = nil, note: String? = nil, price: Int64? = nil, currency: Currency? = nil,
            faceValue: Int64? = nil
        ) {
            self.section = section
            self.row = row
            self.seats = seats
            self.quantity = quantity
            self.splitRule = splitRule
            self.note = note
            self.price = price
            self.currency = currency
            self.faceValue = faceValue
        }

        /// The place of the tickets and the note to buyers, as a listing has them.
        public var details: ShowDetails {
            var details = ShowDetails()
            details.section = section
            details.row = row
            details.note = note
            return details
        }
    }

    public init(
        id: DraftID, sellerId: UserID, performanceId: PerformanceID, content: Content, updatedAt: Timestamp
    ) {
        self.id = id
        self.sellerId = sellerId
        self.performanceId = performanceId
        self.content = content
        self.updatedAt = updatedAt
    }

    /// Maximum number of drafts that a seller may have.
    public static let limit = 20
    /// The time after the last change after which a draft is deleted.
    public static let lifetime: Duration = .seconds(60 * 86_400)
}

/// Creates a draft, or replaces the content of one.
public struct SaveDraft: CommandPayload {
    public var draftId: DraftID
    /// True if the draft is created if it does not exist.
    public var mayCreate: Bool
    public var performanceId: PerformanceID
    /// The performance's version that the sender saw. An older copy defers the command.
    public var performanceVersion: Int64?
    public var content: ListingDraft.Content
    /// The seller's version that the sender saw. An older copy defers the command.
    public var userVersion: Int64

    public init(
        draftId: DraftID, mayCreate: Bool, performanceId: PerformanceID, performanceVersion: Int64?,
        content: ListingDraft.Content, userVersion: Int64
    ) {
        self.draftId = draftId
        self.mayCreate = mayCreate
        self.performanceId = performanceId
        self.performanceVersion = performanceVersion
        self.content = content
        self.userVersion = userVersion
    }
}

/// Deletes a draft. If it does not exist, the command changes nothing.
public struct DeleteDraft: CommandPayload {
    public var draftId: DraftID

    public init(draftId: DraftID) { self.draftId = draftId }
}
