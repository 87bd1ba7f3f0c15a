/// A user's report of a listing. A user reports a listing at most once.
public struct ListingReport: Hashable, Sendable {
    public enum Reason: String, NamedValue, Sendable, CaseIterable {
        /// The tickets do not exist, or are not the seller's.
        case scam
        case wrongDetails = "wrong_details"
        /// Contact or payment details in the listing.
        case contactDetails = "contact_details"
        case offensive
        case other
    }

    public enum Status: String, NamedValue, Sendable {
        case open
        /// An admin has left the listing unchanged.
        case dismissed
        /// An admin has taken the listing down.
        case upheld
    }

    public var listingId: ListingID
    public var reporterId: UserID
    public var reason: Reason
    /// The reporter's words. They may have several lines.
    public var text: String?
    public var status: Status
    public var at: Timestamp

    public init(
        listingId: ListingID, reporterId: UserID, reason: Reason, text: String?, status: Status, at: Timestamp
    ) {
        self.listingId = listingId
        self.reporterId = reporterId
        self.reason = reason
        self.text = text
        self.status = status
        self.at = at
    }

    /// Maximum length of the text, in Unicode scalars.
    public static let textLimit = 1000
    /// Maximum number of stored reports of one listing. More would tell an admin nothing new.
    public static let limit = 1000
}

/// The counts of a listing's reports, for the admins' queue.
public struct ReportCount: Hashable, Sendable {
    public var listingId: ListingID
    public var open: Int
    /// All stored reports, including closed ones.
    public var total: Int
    /// The time of the oldest open report; nil if none is open.
    public var since: Timestamp?

    public init(listingId: ListingID, open: Int = 0, total: Int = 0, since: Timestamp? = nil) {
        self.listingId = listingId
        self.open = open
        self.total = total
        self.since = since
    }
}

/// Reports a listing to the admins.
public struct ReportListing: CommandPayload {
    /// The text is personal data: one person writes about another.
    public static var isConfidential: Bool { true }

    public var ticketId: ListingID
    public var reason: ListingReport.Reason
    public var text: String?
    /// The reporter's version that the sender saw. An older copy defers the command.
    public var userVersion: Int64

    public init(ticketId: ListingID, reason: ListingReport.Reason, text: String?, userVersion: Int64) {
        self.ticketId = ticketId
        self.reason = reason
        self.text = text
        self.userVersion = userVersion
    }
}

/// A report as the API shows it to the reporter. The text is left out, because replies pass through Redis unencrypted.
public struct ReportRepresentation: Codable, Hashable, Sendable {
    public var ticketId: ListingID
    public var reason: ListingReport.Reason
    public var createdAt: Timestamp

    public init(_ report: ListingReport) {
        ticketId = report.listingId
        reason = report.reason
        createdAt = report.at
    }
}
