import Marketplace
import PostgresClient

// Pairs of published performances that may be the same one. They are looked for whenever such a performance is added or
// changed. Proposals are left out: anyone can send them, and comparing titles costs much more than storing a proposal.
//
// Two performances that are added at the same moment may not find each other. The admins' page of a performance looks
// for similar ones again.
extension CatalogueStore {
    /// Maximum number of performances at a venue, around the time of another one, that it is compared with.
    private static let compared: Int64 = 20
    /// Maximum number of pairs that are found for one performance.
    private static let found: Int64 = 5

    /// Forgets the pairs of these performances that no admin has decided about, and looks for new ones: performances at
    /// the same venue that start within three hours of each other, and whose titles share 0.4 of their trigrams. Two
    /// dates of one event are a pair only within an hour, because many shows are performed twice in an evening.
    func findDuplicates(of performances: [Performance]) -> [SQL] {
        // A proposal never has a pair, so a batch of proposals needs no statement.
        let ids = performances.filter { $0.state.status != .proposed }.map(\.id).sorted()
        guard !ids.isEmpty else { return [] }
        return [
            """
            DELETE FROM catalogue.duplicates
            WHERE (performance_id = ANY(\(ids)) OR other_id = ANY(\(ids))) AND NOT kept
            """,
            """
            INSERT INTO catalogue.duplicates (performance_id, other_id, starts_at)
            SELECT DISTINCT least(changed.id, other.id), greatest(changed.id, other.id),
                least(changed.starts_at, other.starts_at)
            FROM catalogue.performances AS changed CROSS JOIN LATERAL (
                SELECT id, starts_at FROM (
                    SELECT id, event_id, title, starts_at FROM catalogue.performances
                    WHERE venue_id = changed.venue_id AND id <> changed.id AND status IN ('scheduled', 'postponed')
                        AND starts_at BETWEEN changed.starts_at - interval '3 hours'
                            AND changed.starts_at + interval '3 hours'
                    ORDER BY starts_at, id LIMIT \(Self.compared)
                ) AS near
                WHERE (event_id <> changed.event_id OR starts_at BETWEEN changed.starts_at - interval '1 hour'
                        AND changed.starts_at + interval '1 hour')
                    AND catalogue.likeness(title, changed.title) >= 0.4
                LIMIT \(Self.found)
            ) AS other
            WHERE changed.id = ANY(\(ids)) AND changed.status IN ('scheduled', 'postponed')
            ORDER BY 1, 2
            ON CONFLICT (performance_id, other_id) DO NOTHING
            """,
        ]
    }

    /// Stores that these pairs are different performances.
    func keep(_ pairs: Set<PerformancePair>) -> SQL? {
        guard !pairs.isEmpty else { return nil }
        let sorted = pairs.sorted()
        return """
            INSERT INTO catalogue.duplicates (performance_id, other_id, starts_at, kept)
            SELECT pair.first, pair.second, starts_at, true
            FROM unnest(\(sorted.map(\.first)), \(sorted.map(\.second))) AS pair (first, second)
                JOIN catalogue.performances ON performances.id = pair.first
            ORDER BY 1, 2
            ON CONFLICT (performance_id, other_id) DO UPDATE SET kept = true
            """
    }
}
