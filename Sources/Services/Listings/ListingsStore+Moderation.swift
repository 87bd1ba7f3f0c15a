import Marketplace
import PostgresClient

// The reports of listings and the moderation log. The lock on a listing keeps other transactions from changing its
// reports.
extension ListingsStore {
    func reports(_ keys: Set<Moderation.ReportKey>) -> SQL? {
        guard !keys.isEmpty else { return nil }
        let keys = Array(keys)
        return """
            SELECT \(ListingReport.columns) FROM tickets.reports
            JOIN (
                SELECT unnest(\(keys.map(\.listingId))), unnest(\(keys.map(\.reporterId)))
            ) AS wanted (listing, reporter) ON listing_id = wanted.listing AND reporter_id = wanted.reporter
            """
    }

    func reportCounts(_ listings: Set<ListingID>) -> SQL? {
        guard !listings.isEmpty else { return nil }
        return """
            SELECT listing_id, open, total, since FROM tickets.report_counts
            WHERE listing_id = ANY(\(listings.sorted()))
            """
    }

    /// Returns the statements that store the changes. Closings come before the inserts of new reports.
    func changes(of state: Moderation) -> [SQL] {
        let reports = state.insertedReports.compactMap { state.reports[$0] }
        return [
            close(state.closings), insert(reports, closed: state.closings),
            write(state.changedCounts.sorted().compactMap { state.counts[$0] }), insert(state.entries),
        ].compactMap(\.self)
    }

    private func close(_ closings: [ListingID: Moderation.Closing]) -> SQL? {
        guard !closings.isEmpty else { return nil }
        let closings = closings.sorted { $0.key < $1.key }
        return """
            UPDATE tickets.reports SET status = new.status, closed_at = new.at, closed_by = new.actor
            FROM (
                SELECT
                    unnest(\(closings.map(\.key))), unnest(\(closings.map(\.value.status.rawValue))),
                    unnest(\(closings.map(\.value.at))), unnest(\(closings.map(\.value.actor.text)))
            ) AS new (listing_id, status, at, actor)
            WHERE reports.listing_id = new.listing_id AND reports.status = 'open'
            """
    }

    private func insert(_ reports: [ListingReport], closed closings: [ListingID: Moderation.Closing]) -> SQL? {
        guard !reports.isEmpty else { return nil }
        let ends = reports.map { $0.status == .open ? nil : closings[$0.listingId] }
        return """
            INSERT INTO tickets.reports (listing_id, reporter_id, reason, note, status, at, closed_at, closed_by)
            SELECT
                unnest(\(reports.map(\.listingId))), unnest(\(reports.map(\.reporterId))),
                unnest(\(reports.map(\.reason.rawValue))), unnest(\(reports.map(\.text))),
                unnest(\(reports.map(\.status.rawValue))), unnest(\(reports.map(\.at))),
                unnest(\(ends.map { $0?.at })), unnest(\(ends.map { $0?.actor.text }))
            """
    }

    private func write(_ counts: [ReportCount]) -> SQL? {
        guard !counts.isEmpty else { return nil }
        return """
            INSERT INTO tickets.report_counts (listing_id, open, total, since)
            SELECT
                unnest(\(counts.map(\.listingId))), unnest(\(counts.map { Int32($0.open) })),
                unnest(\(counts.map { Int32($0.total) })), unnest(\(counts.map(\.since)))
            ON CONFLICT (listing_id) DO UPDATE
            SET open = excluded.open, total = excluded.total, since = excluded.since
            """
    }

    private func insert(_ entries: [ModerationEntry]) -> SQL? {
        guard !entries.isEmpty else { return nil }
        return """
            INSERT INTO tickets.moderation_log (at, kind, actor, listing_id, seller_id, reason, note)
            SELECT
                unnest(\(entries.map(\.at))), unnest(\(entries.map(\.kind.rawValue))),
                unnest(\(entries.map(\.actor.text))), unnest(\(entries.map(\.listingId))),
                unnest(\(entries.map(\.sellerId))), unnest(\(entries.map(\.reason))),
                unnest(\(entries.map(\.note)))
            """
    }
}
