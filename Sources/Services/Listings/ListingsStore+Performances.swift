import Marketplace
import PostgresClient
import Storage

// The copies of performances, and the listings that follow them. The order of locks is performances, users, listings,
// orders.
extension ListingsStore {
    /// Reads the listings of the slices. Adds the ids of these listings, of their sellers and of the performances that
    /// they move to.
    ///
    /// The performances are locked first. A command that creates a listing holds that lock, too, so no slice misses a
    /// listing. A listing's seller never changes, so it can be read before the listing is locked.
    func addListings(behind ids: inout ReferencedListingIDs, in transaction: PostgresTransaction) async throws {
        guard !ids.followingSlices.isEmpty else { return }
        let subjects = Set(ids.followingSlices.map { PerformanceID($0.work.subject) })
        // The same statement locks the performances into which these were merged, so that all locks are taken in one
        // order.
        let lock: SQL = """
            SELECT id FROM tickets.performances WHERE id IN (
                SELECT unnest(\(subjects.sorted()))
                UNION ALL
                SELECT merged_into FROM tickets.performances WHERE id = ANY(\(subjects.sorted()))
            ) ORDER BY id FOR NO KEY UPDATE
            """
        let rows = try await transaction.pipeline([lock] + ids.followingSlices.map(behind))
        ids.performances.formUnion(try rows[0].decode(PerformanceID.self))
        for row in rows.dropFirst().joined() {
            let (listing, seller) = try row.decode((ListingID, UserID).self)
            ids.listings.insert(listing)
            ids.users.insert(seller)
            ids.sellers.insert(seller)
        }
    }

    /// The listings of a slice. The conditions match the index `tickets_of_performance`.
    func behind(_ slice: WorkSlice) -> SQL {
        """
        SELECT id, seller_id FROM tickets.tickets
        WHERE performance_id = \(slice.work.subject) AND coalesce(performance_version, 0) < (
            SELECT version FROM tickets.performances WHERE id = \(slice.work.subject))
        ORDER BY coalesce(performance_version, 0), id OFFSET \(slice.skipped) LIMIT \(slice.limit)
        """
    }

    /// Reads the copies of these performances and of the listings' performances, and locks them until COMMIT. If a
    /// merge moves a listing to another performance before the listing is locked, the copy of the new performance is
    /// missing.
    func lockPerformances(_ performances: Set<PerformanceID>, ofListings listings: Set<ListingID> = []) -> SQL? {
        guard !performances.isEmpty || !listings.isEmpty else { return nil }
        let ofListings: SQL =
            listings.isEmpty
            ? ""
            : "OR id IN (SELECT performance_id FROM tickets.tickets WHERE id = ANY(\(listings.sorted())))"
        return """
            SELECT \(PerformanceCopy.columns) FROM tickets.performances
            WHERE id = ANY(\(performances.sorted())) \(ofListings) ORDER BY id FOR NO KEY UPDATE
            """
    }

    /// Writes the copies. The decision has already compared the versions; the statement compares them again as a
    /// safeguard.
    func write(_ performances: [PerformanceCopy]) -> SQL? {
        guard !performances.isEmpty else { return nil }
        return """
            INSERT INTO tickets.performances AS copy (\(PerformanceCopy.columns))
            SELECT
                unnest(\(performances.map(\.id))), unnest(\(performances.map(\.eventId))),
                unnest(\(performances.map(\.title))), unnest(\(performances.map(\.category.rawValue))),
                unnest(\(performances.map(\.venue))), unnest(\(performances.map(\.city))),
                unnest(\(performances.map(\.country))), unnest(\(performances.map(\.place))),
                unnest(\(performances.map(\.timeZone))), unnest(\(performances.map(\.startsAt))),
                unnest(\(performances.map(\.status.rawValue))), unnest(\(performances.map(\.mergedInto))),
                unnest(\(performances.map(\.proposedBy))), unnest(\(performances.map(\.version)))
            ON CONFLICT (id) DO UPDATE SET event_id = excluded.event_id, title = excluded.title,
                category = excluded.category, venue = excluded.venue, city = excluded.city,
                country = excluded.country, place = excluded.place, time_zone = excluded.time_zone,
                starts_at = excluded.starts_at, status = excluded.status, merged_into = excluded.merged_into,
                proposed_by = excluded.proposed_by, version = excluded.version
            WHERE copy.version < excluded.version
            """
    }
}

extension PerformanceCopy {
    static let columns: SQL = """
        id, event_id, title, category, venue, city, country, place, time_zone, starts_at, status, merged_into, \
        proposed_by, version
        """

    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: PerformanceID.self), eventId: try row.decode("event_id", as: ShowID.self),
            title: try row.decode("title", as: String.self),
            category: ShowCategory(rawValue: try row.decode("category", as: String.self)),
            venue: try row.decode("venue", as: String.self), city: try row.decode("city", as: String.self),
            country: try row.decode("country", as: String.self), place: try row.decode("place", as: String?.self),
            timeZone: try row.decode("time_zone", as: String.self),
            startsAt: try row.decode("starts_at", as: Timestamp.self),
            status: try row.known("status", PerformanceState.Status.init),
            mergedInto: try row.decode("merged_into", as: PerformanceID?.self),
            proposedBy: try row.decode("proposed_by", as: UserID?.self),
            version: try row.decode("version", as: Int64.self))
    }
}

extension Suspension {
    static let columns: SQL = "suspended_reason, suspended_on_sale"

    static let assignments: SQL = """
        suspended_reason = new.suspended_reason, suspended_on_sale = new.suspended_on_sale
        """

    /// The values of several listings, as one array for each column.
    static func arrays(_ all: [Suspension?]) -> SQL {
        "unnest(\(all.map { $0?.reason.rawValue })), unnest(\(all.map { $0?.wasOnSale }))"
    }

    /// Returns nil if the listing is not suspended.
    init?(row: PostgresRow) throws {
        guard let reason = try row.decode("suspended_reason", as: String?.self) else { return nil }
        self.init(
            reason: Reason(rawValue: reason),
            wasOnSale: try row.decode("suspended_on_sale", as: Bool?.self) ?? true)
    }
}
