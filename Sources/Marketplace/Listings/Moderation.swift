/// The loaded reports of listings, and the changes that the batch's decisions make to reports and to the moderation
/// log.
public struct Moderation: Sendable {
    /// Identifies a report.
    public struct ReportKey: Hashable, Sendable {
        public var listingId: ListingID
        public var reporterId: UserID

        public init(_ listingId: ListingID, _ reporterId: UserID) {
            self.listingId = listingId
            self.reporterId = reporterId
        }
    }

    /// The closing of all stored open reports of a listing.
    public struct Closing: Hashable, Sendable {
        public var status: ListingReport.Status
        public var at: Timestamp
        public var actor: Actor
    }

    public private(set) var reports: [ReportKey: ListingReport] = [:]
    public private(set) var counts: [ListingID: ReportCount] = [:]

    /// The keys of new reports, in the order of their commands.
    public private(set) var insertedReports: [ReportKey] = []
    public private(set) var changedCounts: Set<ListingID> = []
    /// They are applied before the new reports are inserted, because new reports already have their status.
    public private(set) var closings: [ListingID: Closing] = [:]
    /// The entries of the moderation log, in order.
    public private(set) var entries: [ModerationEntry] = []

    /// - Parameters:
    ///   - reports: The stored reports of the listings and users of each ``ReportListing``.
    ///   - counts: The counts of all listings that a command about moderation refers to.
    public init(reports: [ListingReport] = [], counts: [ReportCount] = []) {
        for report in reports { self.reports[ReportKey(report.listingId, report.reporterId)] = report }
        for count in counts { self.counts[count.listingId] = count }
    }

    /// Adds a report, unless its reporter has reported the listing before or the listing has too many.
    ///
    /// - Returns: The stored report, or the new one.
    mutating func add(_ report: ListingReport) -> ListingReport {
        let key = ReportKey(report.listingId, report.reporterId)
        if let known = reports[key] { return known }
        var count = counts[report.listingId] ?? ReportCount(listingId: report.listingId)
        let isStored = count.total < ListingReport.limit
        // Reports beyond the limit are not stored, but the listing is in the queue again after a decision.
        guard isStored || count.open == 0 else { return report }
        count.open += 1
        if isStored { count.total += 1 }
        count.since = count.since ?? report.at
        counts[report.listingId] = count
        changedCounts.insert(report.listingId)
        guard isStored else { return report }
        reports[key] = report
        insertedReports.append(key)
        return report
    }

    /// Closes the open reports of a listing.
    ///
    /// - Returns: False if none is open.
    mutating func close(
        _ listing: ListingID, as status: ListingReport.Status, by actor: Actor, now: Timestamp
    ) -> Bool {
        guard var count = counts[listing], count.open > 0 else { return false }
        count.open = 0
        count.since = nil
        counts[listing] = count
        changedCounts.insert(listing)
        for key in insertedReports where key.listingId == listing && reports[key]?.status == .open {
            reports[key]?.status = status
        }
        // Only the first closing of a listing in a batch can close stored reports. Later closings find only reports of
        // the batch.
        if closings[listing] == nil { closings[listing] = Closing(status: status, at: now, actor: actor) }
        return true
    }

    mutating func record(_ entry: ModerationEntry) { entries.append(entry) }
}
