// Imports: rows of a source become entries of the catalogue, which are published immediately.
extension CatalogueDecider {
    /// Decides each row separately: a refused row changes nothing, and the others are imported.
    mutating func importPerformances(_ head: CommandHead, _ command: ImportPerformances, now: Timestamp) -> Decision {
        guard ImportPerformances.isSource(command.source) else {
            return .refused(
                .invalid, "The source must have 1 to \(ImportPerformances.sourceLimit) characters on one line.",
                field: "source")
        }
        guard (1...ImportPerformances.limit).contains(command.performances.count) else {
            return .refused(
                .invalid, "Send 1 to \(ImportPerformances.limit) performances at a time.", field: "performances")
        }
        var events: [NewEvent] = []
        var rows: [ImportReply.Row] = []
        for (index, row) in command.performances.enumerated() {
            // Each row takes 16 numbers, because its new performers use the next 12 (see ``parts(named:for:)``).
            let id = CommandID(head.id.uuid.numbered((index + 1) * 16))
            let own = CommandHead(id: id, actor: head.actor, at: head.at)
            switch take(row, own, source: command.source, now: now) {
            case .success(let taken):
                rows.append(taken.row)
                events += taken.events
            case .failure(let refusal): rows.append(ImportReply.Row(.failed, refusal.message))
            }
        }
        return .reply(ImportReply(rows: rows), events: events)
    }

    private typealias Taken = (row: ImportReply.Row, events: [NewEvent])

    private mutating func take(
        _ row: ImportedPerformance, _ head: CommandHead, source: String, now: Timestamp
    ) -> Result<Taken, Refusal> {
        if let refusal = row.refusal { return .failure(refusal) }
        let key = ImportLink.Key(source: source, kind: .performance, externalId: row.externalId)
        let link = imports.links[key]
        guard link?.digest != row.digest else { return .success((ImportReply.Row(.unchanged), [])) }
        let known = link.flatMap { current(performances, PerformanceID($0.target)) }
        if row.status == .cancelled { return .success(cancel(known, row, key, now: now)) }
        if let known, !known.state.isLive { return .failure(.endedPerformance) }
        guard known != nil || row.times.startsAt > now else {
            return .success((ImportReply.Row(.skipped, "The performance has already started."), []))
        }
        switch (show(of: row, known, head, source: source, now: now), venue(of: row, head, now: now)) {
        case (.success(let show), .success(let venue)):
            return store(row, known, as: PerformanceID(head.id.uuid), show, venue, key, now: now)
        case (.failure(let refusal), _), (_, .failure(let refusal)): return .failure(refusal)
        }
    }

    /// Returns the row with this id, or the row that it was merged into.
    private func current<Row: CatalogueRow>(_ table: CatalogueTable<Row>, _ id: Identifier<Row.Thing>) -> Row? {
        table[id].flatMap { row in row.mergedInto.map { table[$0] } ?? row }
    }

    private mutating func cancel(
        _ known: Performance?, _ row: ImportedPerformance, _ key: ImportLink.Key, now: Timestamp
    ) -> Taken {
        guard var performance = known, performance.state.isLive || performance.state.status == .cancelled else {
            return (ImportReply.Row(.skipped, "The performance is cancelled, and the catalogue does not have it."), [])
        }
        imports.record(ImportLink(key: key, target: performance.id.uuid, digest: row.digest))
        guard performance.state.status != .cancelled else { return (ImportReply.Row(.unchanged), []) }
        performance.state.status = .cancelled
        return (ImportReply.Row(.changed), [performances.update(performance, now: now)])
    }

    /// - Parameters:
    ///   - known: The performance that an earlier import of the row created or found.
    ///   - show: An existing, changed or new show. A new or changed show is not stored yet, and neither is a new venue.
    private mutating func store(
        _ row: ImportedPerformance, _ known: Performance?, as id: PerformanceID, _ show: Show, _ venue: Venue,
        _ key: ImportLink.Key, now: Timestamp
    ) -> Result<Taken, Refusal> {
        var performance = Performance(
            state: PerformanceState(
                id: id, eventId: show.id, title: show.title, category: show.category, performers: [],
                venueId: venue.id, venue: venue.details, times: row.times, status: .scheduled, proposedBy: nil,
                version: 1, createdAt: now, updatedAt: now), showVersion: show.version, venueVersion: venue.version)
        // The catalogue may already have the performance: from an admin, a seller's proposal or another source.
        let base = known ?? other(like: performance)
        performance = base ?? performance
        performance.take(show)
        performance.take(venue)
        performance.state.times = row.times
        performance.state.status = row.status == .postponed ? .postponed : .scheduled
        guard other(like: performance) == nil else { return .failure(.samePerformance) }
        if base?.state.times != row.times || base?.state.status == .postponed && row.status == .scheduled,
            let refusal = row.times.refusal(now: now)
        {
            return .failure(refusal)
        }
        // Store nothing before the last check.
        var events = commit(show, now: now)
        if venues[venue.id] == nil {
            imports.add(venue)
            events.append(venues.insert(venue))
        }
        if base?.state.eventId != show.id { imports.showsWithOneDate.remove(show.id) }
        imports.record(
            ImportLink(
                key: ImportLink.Key(source: key.source, kind: .event, externalId: row.eventDigest),
                target: show.id.uuid, digest: row.eventDigest))
        imports.record(ImportLink(key: key, target: performance.id.uuid, digest: row.digest))
        if let show = shows[show.id] { performance.take(show) }
        guard let base else {
            events.append(performances.insert(performance))
            return .success((ImportReply.Row(.created), events))
        }
        if performance.state == base.state {
            if performance != base { performances.updateSilently(performance) }
        } else {
            events.append(performances.update(performance, now: now))
        }
        return .success((ImportReply.Row(events.isEmpty ? .unchanged : .changed), events))
    }
}

// MARK: - Shows and venues

extension CatalogueDecider {
    /// The show of a row: the show linked to the source's event, a show with the same title, category and performers,
    /// or a new one. If the row's performance is the only date of a show that no user proposed, that show gets the
    /// row's facts.
    private func show(
        of row: ImportedPerformance, _ known: Performance?, _ head: CommandHead, source: String, now: Timestamp
    ) -> Result<Show, Refusal> {
        let key = ImportLink.Key(source: source, kind: .event, externalId: row.eventDigest)
        if let show = imports.links[key].flatMap({ current(shows, ShowID($0.target)) }), show.status == .published {
            return .success(show)
        }
        return parts(named: row.event.performers, for: head).map { parts in
            let same = imports.shows(titled: row.event.title).compactMap { shows[$0] }.first { show in
                show.status == .published && show.category == row.event.category
                    && Set(show.performers.map(\.id)) == Set(parts.map(\.id))
            }
            if let same { return same }
            if var show = known.flatMap({ shows[$0.state.eventId] }), show.status == .published,
                show.proposedBy == nil, imports.showsWithOneDate.contains(show.id)
            {
                show.title = row.event.title
                show.category = row.event.category
                show.performers = parts
                return show
            }
            return Show(
                id: ShowID(head.id.uuid), title: row.event.title, category: row.event.category, performers: parts,
                status: .published, proposedBy: nil, version: 1, createdAt: now, updatedAt: now)
        }
    }

    /// Stores a show that is new or has changed.
    private mutating func commit(_ show: Show, now: Timestamp) -> [NewEvent] {
        guard shows[show.id] != show else { return [] }
        var events = commitPerformers(of: show, .published, now: now)
        if shows[show.id] == nil {
            events.append(shows.insert(show))
        } else {
            events.append(shows.update(show, now: now))
            work.started.insert(Work(.refreshPerformancesOfShow, show.id.uuid))
        }
        imports.add(show)
        return events
    }

    /// The venue of a row. An existing venue is not changed.
    private func venue(of row: ImportedPerformance, _ head: CommandHead, now: Timestamp) -> Result<Venue, Refusal> {
        let place = row.venue
        let ids = imports.venues(named: ImportLookup.VenueName(name: place.name, city: place.city))
        let found = Set(ids.compactMap { current(venues, $0)?.id }).compactMap { venues[$0] }.filter {
            $0.status == .published && (place.country == nil || $0.details.country == place.country)
        }
        guard found.count <= 1 else { return .failure(.ambiguousVenue(found.count)) }
        if let venue = found.first { return .success(venue) }
        guard let country = place.country, let timeZone = place.timeZone else { return .failure(.unknownVenue) }
        return .success(
            Venue(
                id: VenueID(head.id.uuid),
                details: VenueDetails(
                    name: place.name, address: place.address, city: place.city, country: country, place: place.place,
                    timeZone: timeZone), status: .published, proposedBy: nil, version: 1, createdAt: now,
                updatedAt: now))
    }
}

extension Refusal {
    static let endedPerformance = Refusal(
        .conflict,
        "The catalogue's performance was cancelled or rejected, which is final. If it takes place after all, give the "
            + "row a new id.")
    /// The row's venue is unknown, and the row does not have all facts of a new venue.
    public static let unknownVenue = Refusal(
        .notFound,
        "The catalogue has no such venue. Correct its name and city, or give its country and time zone, so that it is "
            + "added.", field: "venue")

    /// Several venues have the row's venue name and city.
    public static func ambiguousVenue(_ number: Int) -> Refusal {
        Refusal(
            .conflict, "The catalogue has \(number) such venues. Give the country, or merge them first.",
            field: "venue")
    }
}
