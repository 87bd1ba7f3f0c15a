import Marketplace
import PostgresClient
import Storage

extension TakeDown {
    static let columns: SQL = "taken_down_reason, taken_down_note, taken_down_on_sale"

    static let assignments: SQL = """
        taken_down_reason = new.taken_down_reason, taken_down_note = new.taken_down_note, \
        taken_down_on_sale = new.taken_down_on_sale
        """

    /// The values of several listings, as one array for each column.
    static func arrays(_ all: [TakeDown?]) -> SQL {
        """
        unnest(\(all.map { $0?.reason.rawValue })), unnest(\(all.map { $0?.note })), \
        unnest(\(all.map { $0?.wasOnSale }))
        """
    }

    /// Returns nil if the listing is not taken down.
    init?(row: PostgresRow) throws {
        guard let reason = try row.decode("taken_down_reason", as: String?.self) else { return nil }
        self.init(
            reason: Reason(rawValue: reason), note: try row.decode("taken_down_note", as: String?.self),
            wasOnSale: try row.decode("taken_down_on_sale", as: Bool?.self) ?? true)
    }
}

extension ListingReport {
    static let columns: SQL = "listing_id, reporter_id, reason, note, status, at"

    init(row: PostgresRow) throws {
        self.init(
            listingId: try row.decode("listing_id", as: ListingID.self),
            reporterId: try row.decode("reporter_id", as: UserID.self), reason: try row.known("reason", Reason.init),
            text: try row.decode("note", as: String?.self), status: try row.known("status", Status.init),
            at: try row.decode("at", as: Timestamp.self))
    }
}

extension ReportCount {
    init(row: PostgresRow) throws {
        self.init(
            listingId: try row.decode("listing_id", as: ListingID.self), open: try row.decode("open", as: Int.self),
            total: try row.decode("total", as: Int.self), since: try row.decode("since", as: Timestamp?.self))
    }
}

extension ModerationEntry {
    init(row: PostgresRow) throws {
        self.init(
            at: try row.decode("at", as: Timestamp.self), kind: try row.known("kind", Kind.init),
            actor: try row.known("actor", Actor.init(text:)),
            listingId: try row.decode("listing_id", as: ListingID.self),
            sellerId: try row.decode("seller_id", as: UserID.self),
            reason: try row.decode("reason", as: String?.self), note: try row.decode("note", as: String?.self))
    }
}
