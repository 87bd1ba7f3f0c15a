/// Creates a listing. The command's id becomes the listing's id.
public struct CreateListing: CommandPayload {
    public static var type: String { "CreateTicket" }

    public var title: String
    public var price: Int64
    public var currency: Currency
    /// The original price of one ticket, in minor units.
    public var faceValue: Int64?
    /// The currency of the face value. It must be the currency of the price, which is the default.
    public var faceCurrency: Currency?
    public var quantity: Int
    public var splitRule: SplitRule?
    /// The names of the seats, in their order in the row. Needs a performance, a section and a row.
    public var seats: [String]?
    /// The performance that the tickets admit to. Its title, venue, city and time replace those of the command.
    public var performanceId: PerformanceID?
    /// The performance's version that the sender saw. An older copy defers the command.
    public var performanceVersion: Int64?
    public var details: ShowDetails
    /// The draft that the listing is made of. It must exist, and is deleted.
    public var draftId: DraftID?
    /// The seller's version that the sender saw. An older copy defers the command.
    public var userVersion: Int64

    public init(
        title: String, price: Int64, currency: Currency, faceValue: Int64? = nil, faceCurrency: Currency? = nil,
        quantity: Int, splitRule: SplitRule? = nil, seats: [String]? = nil, performanceId: PerformanceID? = nil,
        performanceVersion: Int64? = nil, details: ShowDetails = ShowDetails(), draftId: DraftID? = nil,
        userVersion: Int64
    ) {
        self.title = title
        self.price = price
        self.currency = currency
        self.faceValue = faceValue
        self.faceCurrency = faceCurrency
        self.quantity = quantity
        self.splitRule = splitRule
        self.seats = seats
        self.performanceId = performanceId
        self.performanceVersion = performanceVersion
        self.details = details
        self.draftId = draftId
        self.userVersion = userVersion
    }
}

/// Changes a listing. A member that is nil changes nothing.
public struct ChangeListing: CommandPayload {
    public static var type: String { "ChangeTicket" }

    public var ticketId: ListingID
    public var title: String?
    public var price: Int64?
    public var currency: Currency?
    /// The original price of one ticket, in minor units. If the currency changes and this is nil, the stored face value
    /// is removed.
    public var faceValue: Int64?
    public var faceCurrency: Currency?
    public var quantity: Int?
    /// ``SplitRule/any`` removes the rule.
    public var splitRule: SplitRule?
    /// A member that is nil changes nothing. An empty section, row or note removes the stored one.
    public var details: ShowDetails
    /// True takes the free units off sale; false puts them back on sale.
    public var withdrawn: Bool?
    /// The only version that may be changed (`If-Match`), or nil for any.
    public var ifVersion: Int64?
    public var userVersion: Int64

    public init(
        ticketId: ListingID, title: String? = nil, price: Int64? = nil, currency: Currency? = nil,
        faceValue: Int64? = nil, faceCurrency: Currency? = nil, quantity: Int? = nil, splitRule: SplitRule? = nil,
        details: ShowDetails = ShowDetails(), withdrawn: Bool? = nil,
        ifVersion: Int64? = nil, userVersion: Int64
    ) {
        self.ticketId = ticketId
        self.title = title
        self.price = price
        self.currency = currency
        self.faceValue = faceValue
        self.faceCurrency = faceCurrency
        self.quantity = quantity
        self.splitRule = splitRule
        self.details = details
        self.withdrawn = withdrawn
        self.ifVersion = ifVersion
        self.userVersion = userVersion
    }
}

/// Takes a listing off sale when its show has started.
public struct CloseListing: TimerCommand {
    public var subject: ListingID
    public var due: Timestamp

    public init(subject: ListingID, due: Timestamp) {
        self.subject = subject
        self.due = due
    }
}

/// The commands of the listings service.
public enum ListingsCommand: Sendable {
    case createListing(CreateListing)
    case changeListing(ChangeListing)
    case saveDraft(SaveDraft)
    case deleteDraft(DeleteDraft)
    case closeListing(CloseListing)
    case takeDownListing(TakeDownListing)
    case putBackListing(PutBackListing)
    case reportListing(ReportListing)
    case dismissReports(DismissReports)
    case applyPricing(ApplyPricing)
}

/// The events that the listings service follows, and the slices of its own work.
public enum ListingsEvent: Sendable {
    case user(UserState)
    case order(CountedOrder)
    case performance(PerformanceCopy)
    /// A slice of ``Work/Kind/withdrawListings``.
    case withdrawListings(WorkSlice)
    /// A slice of ``Work/Kind/followPerformance``.
    case followPerformance(WorkSlice)
    /// A slice of ``Work/Kind/checkPolicies``.
    case checkPolicies(WorkSlice)
}
