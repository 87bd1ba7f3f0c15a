import FoundationEssentials
import Marketplace
import PostgresClient
import Storage

// The entries that rows of imports may refer to. They are found by name first, and then locked with all others.
extension CatalogueStore {
    /// Takes a lock, so that imports run one after the other and no two of them add the same venue or event.
    ///
    /// - Parameter rows: Rows whose texts are valid.
    func lookup(_ rows: [ImportRow], in transaction: PostgresTransaction) async throws -> ImportLookup {
        guard !rows.isEmpty else { return ImportLookup() }
        let results = try await transaction.pipeline([
            "SELECT pg_advisory_xact_lock(\(AdvisoryLock.imports))", ImportQueries.links(of: rows),
            ImportQueries.shows(titled: Set(rows.map(\.performance.event.title)).sorted()),
            ImportQueries.venues(Set(rows.map(\.venueName))),
        ])
        var lookup = ImportLookup(links: try results[1].map(ImportLink.init(row:)))
        for row in results[2] {
            lookup.addShows(
                titled: try row.decode("title", as: String.self), key: try row.decode("key", as: String.self),
                try row.decode("ids", as: [ShowID].self))
        }
        for row in results[3] {
            let name = ImportLookup.VenueName(
                name: try row.decode("name", as: String.self), city: try row.decode("city", as: String.self))
            let key = [try row.decode("name_key", as: String.self), try row.decode("city_key", as: String.self)]
            lookup.addVenues(
                named: name, key: key.joined(separator: "\u{1f}"), try row.decode("ids", as: [VenueID].self))
        }
        return lookup
    }

    /// Returns a query of the shows whose only performance is a target of the rows.
    func showsWithOneDate(_ rows: [ImportRow], _ lookup: ImportLookup) -> SQL? {
        let targets = lookup.targets(of: rows)
        guard !targets.isEmpty else { return nil }
        return """
            SELECT event_id FROM catalogue.performances AS own WHERE id = ANY(\(targets)) AND NOT EXISTS (
                SELECT FROM catalogue.performances AS other WHERE other.event_id = own.event_id AND other.id <> own.id)
            """
    }

    func store(_ lookup: ImportLookup) -> SQL? {
        let links = lookup.changed.compactMap { lookup.links[$0] }.sorted { $0.order < $1.order }
        guard !links.isEmpty else { return nil }
        return """
            INSERT INTO catalogue.imports AS link (source, kind, external_id, target_id, digest, changed_at)
            SELECT source, kind, external_id, target_id, digest, now() FROM unnest(
                \(links.map(\.key.source)), \(links.map(\.key.kind.rawValue)), \(links.map(\.key.externalId)),
                \(links.map(\.target)), \(links.map(\.digest))) AS new (source, kind, external_id, target_id, digest)
            ON CONFLICT (source, kind, external_id) DO UPDATE SET
                target_id = excluded.target_id, digest = excluded.digest, changed_at = excluded.changed_at
            """
    }
}

/// A row of an import, with its source.
struct ImportRow: Sendable {
    var source: String
    var performance: ImportedPerformance

    var venueName: ImportLookup.VenueName {
        ImportLookup.VenueName(name: performance.venue.name, city: performance.venue.city)
    }

    var key: ImportLink.Key {
        ImportLink.Key(source: source, kind: .performance, externalId: performance.externalId)
    }

    var eventKey: ImportLink.Key {
        ImportLink.Key(source: source, kind: .event, externalId: performance.eventDigest)
    }
}

extension ImportLookup {
    /// The performances that earlier imports created or found for the rows.
    func targets(of rows: [ImportRow]) -> [PerformanceID] {
        rows.compactMap { links[$0.key] }.map { PerformanceID($0.target) }
    }
}

/// The queries by which imports find the entries of the catalogue.
enum ImportQueries {
    /// Maximum number of entries that a query returns for one name. More than one is an error in the row or in the
    /// catalogue.
    private static let limit: Int64 = 8

    /// Returns a query of the rows' links. If a link's target was merged, the result has the entry that the target was
    /// merged into.
    static func links(of rows: [ImportRow]) -> SQL {
        let keys = rows.map(\.key) + Set(rows.map(\.eventKey))
        return """
            SELECT source, kind, external_id, digest, coalesce(
                CASE kind WHEN 'event' THEN (SELECT merged_into FROM catalogue.events WHERE id = target_id)
                ELSE (SELECT merged_into FROM catalogue.performances WHERE id = target_id) END, target_id) AS target_id
            FROM catalogue.imports JOIN unnest(
                \(keys.map(\.source)), \(keys.map(\.kind.rawValue)), \(keys.map(\.externalId))
            ) AS wanted (source, kind, external_id) USING (source, kind, external_id)
            """
    }

    /// The shows with these titles, published ones first. A title that consists of punctuation is compared unfolded.
    ///
    /// The query has no condition on the status: with one, PostgreSQL may read all published shows with a different
    /// index.
    static func shows(titled titles: [String]) -> SQL {
        """
        WITH wanted AS MATERIALIZED (
            SELECT title, catalogue.folded(title) AS folded FROM unnest(\(titles)) AS title
        )
        SELECT title, coalesce(nullif(folded, ''), title) AS key, ARRAY(
            SELECT id FROM catalogue.events
            WHERE "left"(catalogue.folded(events.title), 128) = "left"(folded, 128)
                AND catalogue.folded(events.title) = folded AND (folded <> '' OR events.title = wanted.title)
            ORDER BY status <> 'published', id LIMIT \(limit)) AS ids
        FROM wanted
        """
    }

    /// The published venues with these names and cities, and their zones.
    static func venues(_ names: Set<ImportLookup.VenueName>) -> SQL {
        """
        WITH wanted AS MATERIALIZED (
            SELECT name, city, catalogue.folded(name) AS name_folded, catalogue.folded(city) AS city_folded
            FROM unnest(\(names.map(\.name)), \(names.map(\.city))) AS given (name, city)
        )
        SELECT name, city, coalesce(nullif(name_folded, ''), name) AS name_key,
            coalesce(nullif(city_folded, ''), city) AS city_key, ids,
            ARRAY(SELECT country FROM catalogue.venues WHERE id = ANY(ids) ORDER BY id) AS countries,
            ARRAY(SELECT time_zone FROM catalogue.venues WHERE id = ANY(ids) ORDER BY id) AS zones
        FROM wanted CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT DISTINCT coalesce(merged_into, id) FROM catalogue.venues
                WHERE status IN ('published', 'merged')
                    AND "left"(catalogue.folded(venues.name), 128) = "left"(name_folded, 128)
                    AND "left"(catalogue.folded(venues.city), 64) = "left"(city_folded, 64)
                    AND catalogue.folded(venues.name) = name_folded AND catalogue.folded(venues.city) = city_folded
                    AND (name_folded <> '' OR venues.name = wanted.name)
                    AND (city_folded <> '' OR venues.city = wanted.city)
                ORDER BY 1 LIMIT \(limit)) AS ids
        ) AS found
        """
    }
}

extension ImportLink {
    init(row: PostgresRow) throws {
        self.init(
            key: Key(
                source: try row.decode("source", as: String.self), kind: try row.known("kind", Kind.init),
                externalId: try row.decode("external_id", as: String.self)),
            target: try row.decode("target_id", as: UUID.self), digest: try row.decode("digest", as: String.self))
    }

    /// The order in which rows are written, so that two writers never wait for each other.
    fileprivate var order: (String, String, String) { (key.source, key.kind.rawValue, key.externalId) }
}
