import Marketplace
import PostgresClient
import Storage

// Fee rules and price policies. A batch that decides about prices holds a shared lock until COMMIT, and a batch that
// applies new rules and policies holds an exclusive lock. So the new policies reach each listing: either its decision
// uses them, or the slices that check listings against them find it. A batch takes this lock before all others.
extension ListingsStore {
    func lockPricing(_ ids: ReferencedListingIDs) -> SQL? {
        if ids.appliesPricing { return "SELECT pg_advisory_xact_lock(\(AdvisoryLock.pricing))" }
        return ids.decidesPrices ? "SELECT pg_advisory_xact_lock_shared(\(AdvisoryLock.pricing))" : nil
    }

    /// Reads the book, after ``lockPricing(_:)``.
    func pricing(_ ids: ReferencedListingIDs) -> [SQL?] {
        ids.decidesPrices || ids.appliesPricing ? PricingBook.queries : [nil, nil]
    }

    /// Finds the listings that the slices check. Adds the ids of these listings, of their sellers and of their
    /// performances.
    func addListings(toCheck ids: inout ReferencedListingIDs, in transaction: PostgresTransaction) async throws {
        guard !ids.policySlices.isEmpty else { return }
        for row in try await transaction.pipeline(ids.policySlices.map(unchecked)).joined() {
            let (listing, seller, performance) = try row.decode((ListingID, UserID, PerformanceID).self)
            ids.listings.insert(listing)
            ids.users.insert(seller)
            ids.sellers.insert(seller)
            ids.performances.insert(performance)
        }
    }

    /// The listings of a slice: those of coming performances that are on sale or suspended by a policy, and that were
    /// not checked against the latest policies. The conditions fit the indexes `performances_of_country` and
    /// `tickets_under_policies`.
    func unchecked(_ slice: WorkSlice) -> SQL {
        let country = slice.work.country
        return """
            SELECT listing.id, listing.seller_id, performance.id FROM tickets.performances AS performance
            JOIN tickets.tickets AS listing ON listing.performance_id = performance.id
            WHERE performance.country = \(country) AND performance.starts_at > now()
                AND (NOT listing.withdrawn OR listing.suspended_reason = 'policy')
                AND coalesce(listing.policy_seen, 0) < (
                    SELECT coalesce(max(version), 0) FROM tickets.price_policies
                    WHERE jurisdiction = '*' OR left(jurisdiction, 2) = \(country))
            ORDER BY performance.starts_at, listing.id OFFSET \(slice.skipped) LIMIT \(slice.limit)
            """
    }
}
