public import Marketplace
import PostgresClient
import Storage

/// A position in the queue of reported listings: the most reported first, then the oldest.
public struct ReportCursor: Hashable, Sendable {
    public var open: Int
    public var since: Timestamp
    public var listingId: ListingID

    public init(open: Int, since: Timestamp, listingId: ListingID) {
        self.open = open
        self.since = since
        self.listingId = listingId
    }
}

/// A listing with its open reports.
public struct ReportedListing: Sendable {
    public var listing: Listing
    public var open: Int
    /// The time of the oldest open report.
    public var since: Timestamp

    public var cursor: ReportCursor { ReportCursor(open: open, since: since, listingId: listing.state.id) }
}

// For admins.
extension ListingReads {
    /// Returns listings with open reports: the most reported first, then the oldest.
    public func reportQueue(after cursor: ReportCursor?, limit: Int) async throws -> [ReportedListing] {
        let after: SQL =
            if let cursor {
                "AND (-open, since, listing_id) > (\(Int32(-cursor.open)), \(cursor.since), \(cursor.listingId))"
            } else { "" }
        return try await pool.query(
            """
            SELECT \(Listing.columns), open, since FROM (
                SELECT listing_id, open, since FROM tickets.report_counts WHERE open > 0 \(after)
                ORDER BY (-open), since, listing_id LIMIT \(Int64(limit))
            ) AS reported JOIN tickets.tickets ON id = listing_id
            ORDER BY (-open), since, listing_id
            """
        ).decodeKnown { row in
            ReportedListing(
                listing: try Listing(row: row), open: try row.decode("open", as: Int.self),
                since: try row.decode("since", as: Timestamp.self))
        }
    }

    /// Returns the newest reports of a listing, open ones first.
    public func reports(of listing: ListingID, limit: Int) async throws -> [ListingReport] {
        try await pool.query(
            """
            SELECT \(ListingReport.columns) FROM tickets.reports WHERE listing_id = \(listing)
            ORDER BY (status = 'open') DESC, at DESC, reporter_id LIMIT \(Int64(limit))
            """
        ).decodeKnown(ListingReport.init(row:))
    }

    /// Returns a user's report of a listing, or nil if there is none.
    public func report(of listing: ListingID, by reporter: UserID) async throws -> ListingReport? {
        try await pool.query(
            """
            SELECT \(ListingReport.columns) FROM tickets.reports
            WHERE listing_id = \(listing) AND reporter_id = \(reporter)
            """
        ).decodeKnown(ListingReport.init(row:)).first
    }

    /// Returns the newest entries of the moderation log about a listing, newest first.
    public func moderationLog(of listing: ListingID, limit: Int) async throws -> [ModerationEntry] {
        try await pool.query(
            """
            SELECT at, kind, actor, listing_id, seller_id, reason, note FROM tickets.moderation_log
            WHERE listing_id = \(listing) ORDER BY id DESC LIMIT \(Int64(limit))
            """
        ).decodeKnown(ModerationEntry.init(row:))
    }
}
