import FoundationEssentials
import Marketplace
import PostgresClient

/// Loads and locks the rows of the schema `catalogue` for a batch, and returns the statements that store the decisions.
/// The order of locks is performers, events, venues, performances.
struct CatalogueStore: Sendable {
    func load(
        _ messages: [Message<CatalogueCommand, CatalogueEvent>], in transaction: PostgresTransaction
    ) async throws -> CatalogueDecider {
        var ids = CatalogueReferences(messages)
        var imports = try await lookup(ids.imported, in: transaction)
        ids.insert(imports)
        let rows = try await transaction.pipeline(
            present: [
                members(ids), openProposals(ids), lockPerformers(ids), lockShows(ids), lockVenues(ids),
                lockPerformances(ids), showsWithOneDate(ids.imported, imports),
            ])
        let counts = try rows[1].map { row in
            (try row.decode("proposed_by", as: UserID.self), try row.decode("number", as: Int.self))
        }
        imports.addShowsWithOneDate(try rows[6].map { try $0.decode("event_id", as: ShowID.self) })
        return CatalogueDecider(
            members: try rows[0].map(CatalogueMember.init(row:)), performers: try rows[2].map(Performer.init(row:)),
            shows: try rows[3].map(Show.init(row:)), venues: try rows[4].map(Venue.init(row:)),
            performances: try rows[5].map(Performance.init(row:)),
            openProposals: Dictionary(counts) { $1 }, imports: imports)
    }

    private func members(_ ids: CatalogueReferences) -> SQL? {
        guard !ids.users.isEmpty else { return nil }
        return "SELECT \(CatalogueMember.columns) FROM catalogue.users WHERE id = ANY(\(ids.users.sorted()))"
    }

    private func openProposals(_ ids: CatalogueReferences) -> SQL? {
        guard !ids.proposers.isEmpty else { return nil }
        return """
            SELECT proposed_by, count(*) AS number FROM catalogue.performances
            WHERE status = 'proposed' AND proposed_by = ANY(\(ids.proposers.sorted())) GROUP BY proposed_by
            """
    }

    private func lockPerformers(_ ids: CatalogueReferences) -> SQL? {
        guard !ids.performers.isEmpty || !ids.performerKeys.isEmpty else { return nil }
        return """
            WITH named AS (
                SELECT id, merged_into FROM catalogue.performers
                WHERE id = ANY(\(ids.performers.sorted())) OR key = ANY(\(ids.performerKeys.sorted()))
            )
            SELECT \(Performer.columns) FROM catalogue.performers
            WHERE id = ANY(ARRAY(\(related("performers", ids))))
            ORDER BY id FOR UPDATE
            """
    }

    private func lockShows(_ ids: CatalogueReferences) -> SQL? {
        guard !ids.shows.isEmpty || !ids.performances.isEmpty || !ids.performerSlices.isEmpty else { return nil }
        let named =
            [
                "SELECT id, merged_into FROM catalogue.events WHERE id = ANY(\(ids.shows.sorted()))",
                """
                SELECT id, merged_into FROM catalogue.events WHERE id IN (
                    SELECT event_id FROM catalogue.performances WHERE id = ANY(\(ids.performances.sorted())))
                """,
            ] + ids.performerSlices.map(shows(in:))
        return """
            WITH named AS (\(SQL(joining: named, separator: " UNION ALL ")))
            SELECT \(Show.columns) FROM catalogue.events
            WHERE id = ANY(ARRAY(\(related("events", ids))))
            ORDER BY id FOR UPDATE
            """
    }

    /// The shows of a slice: the shows of a merged performer, or the shows that still have a renamed performer's old
    /// name.
    private func shows(in slice: WorkSlice) -> SQL {
        """
        (SELECT shows.id, shows.merged_into FROM catalogue.events AS shows
            JOIN catalogue.performers ON performers.id = \(slice.work.subject)
         WHERE performer_ids @> ARRAY[performers.id]
            AND (performers.merged_into IS NOT NULL OR NOT performer_names @> ARRAY[performers.name])
         ORDER BY shows.id OFFSET \(slice.skipped) LIMIT \(slice.limit))
        """
    }

    private func lockVenues(_ ids: CatalogueReferences) -> SQL? {
        guard !ids.venues.isEmpty || !ids.performances.isEmpty else { return nil }
        return """
            WITH named AS (
                SELECT id, merged_into FROM catalogue.venues WHERE id = ANY(\(ids.venues.sorted()))
                UNION ALL
                SELECT id, merged_into FROM catalogue.venues WHERE id IN (
                    SELECT venue_id FROM catalogue.performances WHERE id = ANY(\(ids.performances.sorted())))
            )
            SELECT \(Venue.columns) FROM catalogue.venues
            WHERE id = ANY(ARRAY(\(related("venues", ids))))
            ORDER BY id FOR UPDATE
            """
    }

    private func lockPerformances(_ ids: CatalogueReferences) -> SQL? {
        var named: [SQL] = []
        if !ids.performances.isEmpty {
            named.append(
                """
                SELECT id FROM catalogue.performances
                WHERE id = ANY(\(ids.performances.sorted())) OR merged_into = ANY(\(sorted(ids.merged)))
                """)
        }
        if !ids.times.isEmpty {
            named.append(
                """
                SELECT other.id FROM unnest(\(ids.times.map(\.performance)), \(ids.times.map(\.startsAt)))
                        AS new (id, starts_at)
                    JOIN catalogue.performances AS own ON own.id = new.id
                    JOIN catalogue.performances AS other ON other.event_id = own.event_id
                        AND other.venue_id = own.venue_id AND other.starts_at = new.starts_at
                """)
        }
        if !ids.dates.isEmpty {
            named.append(
                """
                SELECT other.id FROM unnest(
                        \(ids.dates.map(\.show)), \(ids.dates.map(\.venue)), \(ids.dates.map(\.startsAt))
                    ) AS new (event_id, venue_id, starts_at)
                    JOIN catalogue.events ON events.id = new.event_id
                    JOIN catalogue.venues ON venues.id = new.venue_id
                    JOIN catalogue.performances AS other
                        ON other.event_id = coalesce(events.merged_into, events.id)
                        AND other.venue_id = coalesce(venues.merged_into, venues.id)
                        AND other.starts_at = new.starts_at
                """)
        }
        named += ids.showSlices.map { performances(in: $0, of: "event") }
        named += ids.venueSlices.map { performances(in: $0, of: "venue") }
        guard !named.isEmpty else { return nil }
        return """
            SELECT \(Performance.columns) FROM catalogue.performances
            WHERE id = ANY(ARRAY(\(SQL(joining: named, separator: " UNION ALL "))))
            ORDER BY id FOR UPDATE
            """
    }

    /// The performances of a slice, the performances whose time and place they may take, and all performances that were
    /// merged into any of these.
    ///
    /// - Parameter thing: `event` or `venue`.
    private func performances(in slice: WorkSlice, of thing: String) -> SQL {
        let (table, key, version) = (thing + "s", thing + "_id", thing + "_version")
        let other = thing == "event" ? "venue_id" : "event_id"
        return """
            (WITH changed AS (
                SELECT id, version, merged_into FROM catalogue.\(identifier: table) WHERE id = \(slice.work.subject)
            ), slice AS (
                SELECT performances.id, \(identifier: other) AS other_id, starts_at FROM catalogue.performances
                    JOIN changed ON \(identifier: key) = changed.id AND \(identifier: version) < changed.version
                ORDER BY performances.id OFFSET \(slice.skipped) LIMIT \(slice.limit)
            ), touched AS (
                SELECT id FROM slice
                UNION ALL SELECT performances.id FROM catalogue.performances
                    JOIN slice ON \(identifier: other) = other_id AND performances.starts_at = slice.starts_at
                    WHERE \(identifier: key) = (SELECT merged_into FROM changed)
            )
            SELECT id FROM touched
            UNION ALL SELECT id FROM catalogue.performances WHERE merged_into IN (SELECT id FROM touched))
            """
    }

    /// The ids of `named`, of the entries into which they were merged and, for merges, of the entries merged into them.
    ///
    /// They are one list, because PostgreSQL reads the whole table for a subquery on one side of an OR. Callers make
    /// the list an array: PostgreSQL compares a row again after a wait for its lock, and a join with a subquery can
    /// then omit the row.
    private func related(_ table: String, _ ids: CatalogueReferences) -> SQL {
        """
        SELECT id FROM named UNION ALL SELECT merged_into FROM named
        UNION ALL SELECT id FROM catalogue.\(identifier: table) WHERE merged_into = ANY(\(sorted(ids.merged)))
        """
    }

    private func sorted(_ ids: Set<UUID>) -> [UUID] { ids.sorted { $0.precedes($1) } }
}
