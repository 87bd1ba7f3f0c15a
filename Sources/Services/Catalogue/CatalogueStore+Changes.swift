import Marketplace
import PostgresClient

// The statements that store the decisions, in the order of the locks.
extension CatalogueStore {
    func changes(of state: CatalogueDecider) -> [SQL] {
        let (changedPerformances, newPerformances) = (updated(state.performances), inserted(state.performances))
        let statements: [SQL?] = [
            insert(inserted(state.performers)), update(updated(state.performers)),
            insert(inserted(state.shows)), update(updated(state.shows)),
            insert(inserted(state.venues)), update(updated(state.venues)),
            // Updates come first, so that a new performance may take the time and place of a cancelled one.
            update(changedPerformances), insert(newPerformances),
            store(state.imports),
        ]
        return (statements + findDuplicates(of: changedPerformances + newPerformances) + [keep(state.kept)])
            .compactMap(\.self)
    }

    private func inserted<Row>(_ table: CatalogueTable<Row>) -> [Row] {
        table.inserted.sorted().compactMap { table[$0] }
    }

    private func updated<Row>(_ table: CatalogueTable<Row>) -> [Row] {
        table.updated.sorted().compactMap { table[$0] }
    }

    // MARK: Performers

    private func columns(_ performers: [Performer]) -> SQL {
        """
        unnest(\(performers.map(\.id))), unnest(\(performers.map(\.name))), unnest(\(performers.map(\.status.rawValue))),
        unnest(\(performers.map(\.mergedInto))), unnest(\(performers.map(\.version))),
        unnest(\(performers.map(\.createdAt))), unnest(\(performers.map(\.updatedAt))), unnest(\(performers.map(\.key)))
        """
    }

    private func insert(_ performers: [Performer]) -> SQL? {
        guard !performers.isEmpty else { return nil }
        return "INSERT INTO catalogue.performers (\(Performer.columns), key) SELECT \(columns(performers))"
    }

    private func update(_ performers: [Performer]) -> SQL? {
        guard !performers.isEmpty else { return nil }
        return """
            UPDATE catalogue.performers SET name = new.name, key = new.key, status = new.status,
                merged_into = new.merged_into, version = new.version, updated_at = new.updated_at
            FROM (SELECT \(columns(performers))) AS new (\(Performer.columns), key) WHERE performers.id = new.id
            """
    }

    // MARK: Shows

    /// PostgreSQL has no arrays of arrays, so each show's performers are joined to one text. No name contains the
    /// separator, which is a control character.
    private func columns(_ shows: [Show]) -> SQL {
        let ids = shows.map { $0.performers.map(\.id.description).joined(separator: ",") }
        let names = shows.map { $0.performers.map(\.name).joined(separator: "\u{1f}") }
        return """
            unnest(\(shows.map(\.id))), unnest(\(shows.map(\.title))), unnest(\(shows.map(\.category.rawValue))),
            string_to_array(unnest(\(ids)), ',')::uuid[], string_to_array(unnest(\(names)), E'\\x1f'),
            unnest(\(shows.map(\.status.rawValue))), unnest(\(shows.map(\.mergedInto))),
            unnest(\(shows.map(\.proposedBy))), unnest(\(shows.map(\.version))), unnest(\(shows.map(\.createdAt))),
            unnest(\(shows.map(\.updatedAt)))
            """
    }

    private func insert(_ shows: [Show]) -> SQL? {
        guard !shows.isEmpty else { return nil }
        return "INSERT INTO catalogue.events (\(Show.columns)) SELECT \(columns(shows))"
    }

    private func update(_ shows: [Show]) -> SQL? {
        guard !shows.isEmpty else { return nil }
        return """
            UPDATE catalogue.events SET title = new.title, category = new.category,
                performer_ids = new.performer_ids, performer_names = new.performer_names, status = new.status,
                merged_into = new.merged_into, version = new.version, updated_at = new.updated_at
            FROM (SELECT \(columns(shows))) AS new (\(Show.columns)) WHERE events.id = new.id
            """
    }

    // MARK: Venues

    private func columns(_ venues: [Venue]) -> SQL {
        let details = venues.map(\.details)
        return """
            unnest(\(venues.map(\.id))), unnest(\(details.map(\.name))), unnest(\(details.map(\.address))),
            unnest(\(details.map(\.city))), unnest(\(details.map(\.country))), unnest(\(details.map(\.place))),
            unnest(\(details.map(\.timeZone))), unnest(\(venues.map(\.status.rawValue))),
            unnest(\(venues.map(\.mergedInto))), unnest(\(venues.map(\.proposedBy))),
            unnest(\(venues.map(\.version))), unnest(\(venues.map(\.createdAt))), unnest(\(venues.map(\.updatedAt)))
            """
    }

    private func insert(_ venues: [Venue]) -> SQL? {
        guard !venues.isEmpty else { return nil }
        return "INSERT INTO catalogue.venues (\(Venue.columns)) SELECT \(columns(venues))"
    }

    private func update(_ venues: [Venue]) -> SQL? {
        guard !venues.isEmpty else { return nil }
        return """
            UPDATE catalogue.venues SET name = new.name, address = new.address, city = new.city,
                country = new.country, place = new.place, time_zone = new.time_zone, status = new.status,
                merged_into = new.merged_into, version = new.version, updated_at = new.updated_at
            FROM (SELECT \(columns(venues))) AS new (\(Venue.columns)) WHERE venues.id = new.id
            """
    }

    // MARK: Performances

    private func columns(_ performances: [Performance]) -> SQL {
        let states = performances.map(\.state)
        let venues = states.map(\.venue)
        return """
            unnest(\(states.map(\.id))), unnest(\(states.map(\.eventId))),
            unnest(\(performances.map(\.showVersion))), unnest(\(states.map(\.title))),
            unnest(\(states.map(\.category.rawValue))),
            string_to_array(unnest(\(states.map { $0.performers.joined(separator: "\u{1f}") })), E'\\x1f'),
            unnest(\(states.map(\.venueId))), unnest(\(performances.map(\.venueVersion))),
            unnest(\(venues.map(\.name))), unnest(\(venues.map(\.address))), unnest(\(venues.map(\.city))),
            unnest(\(venues.map(\.country))), unnest(\(venues.map(\.place))), unnest(\(venues.map(\.timeZone))),
            unnest(\(states.map(\.times.startsAt))), unnest(\(states.map(\.times.doorsAt))),
            unnest(\(states.map(\.times.endsAt))), unnest(\(states.map(\.status.rawValue))),
            unnest(\(states.map(\.mergedInto))), unnest(\(states.map(\.proposedBy))),
            unnest(\(states.map(\.version))), unnest(\(states.map(\.createdAt))), unnest(\(states.map(\.updatedAt)))
            """
    }

    private func insert(_ performances: [Performance]) -> SQL? {
        guard !performances.isEmpty else { return nil }
        return "INSERT INTO catalogue.performances (\(Performance.columns)) SELECT \(columns(performances))"
    }

    private func update(_ performances: [Performance]) -> SQL? {
        guard !performances.isEmpty else { return nil }
        return """
            UPDATE catalogue.performances SET event_id = new.event_id, event_version = new.event_version,
                title = new.title, category = new.category, performers = new.performers, venue_id = new.venue_id,
                venue_version = new.venue_version, venue = new.venue, address = new.address, city = new.city,
                country = new.country, place = new.place, time_zone = new.time_zone, starts_at = new.starts_at,
                doors_at = new.doors_at, ends_at = new.ends_at, status = new.status, merged_into = new.merged_into,
                version = new.version, updated_at = new.updated_at
            FROM (SELECT \(columns(performances))) AS new (\(Performance.columns)) WHERE performances.id = new.id
            """
    }
}
