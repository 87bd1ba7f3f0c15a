// Proposals of sellers, and the decisions of admins about them.
extension CatalogueDecider {
    /// An admin's own proposal is published immediately.
    mutating func propose(_ head: CommandHead, _ command: ProposePerformance, now: Timestamp) -> Decision {
        guard let proposer = head.actor.userID else { return .refused(.forbidden, "Sign in to propose an event.") }
        guard let member = members[proposer], member.version >= command.userVersion else {
            return .deferred("the copy of the seller is behind")
        }
        guard member.status == .active else { return .refused(.banned) }
        let (isAdmin, id) = (member.role == .admin, PerformanceID(head.id.uuid))
        guard performances[id] == nil else {
            return .refused(.keyReused, "This Idempotency-Key has already created a performance. Use a new one.")
        }
        if let refusal = command.times.refusal(now: now) { return .refused(refusal) }
        let open = openProposals[proposer, default: 0]
        guard isAdmin || open < ProposePerformance.limit else {
            return .refused(
                .conflict,
                "\(open) of your proposals are waiting for our decision. Propose more after we have decided.")
        }
        var events: [NewEvent] = []
        let status: EntryStatus = isAdmin ? .published : .proposed
        let (show, venue): (Show, Venue)
        switch (self.show(head, command, status, now: now), self.venue(head, command, status, now: now)) {
        case (.success(let chosen), .success(let place)): (show, venue) = (chosen, place)
        case (.failure(let refusal), _), (_, .failure(let refusal)): return .refused(refusal)
        }
        var performance = Performance(
            state: PerformanceState(
                id: id, eventId: show.id, title: show.title, category: show.category, performers: [],
                venueId: venue.id, venue: venue.details, times: command.times,
                status: isAdmin ? .scheduled : .proposed, proposedBy: proposer, version: 1, createdAt: now,
                updatedAt: now), showVersion: show.version, venueVersion: venue.version)
        performance.take(show)
        performance.take(venue)
        guard other(like: performance) == nil else { return .refused(.samePerformance) }
        // Store nothing before the last check.
        if shows[show.id] == nil {
            events += commitPerformers(of: show, status, now: now)
            events.append(shows.insert(show))
        }
        if venues[venue.id] == nil { events.append(venues.insert(venue)) }
        events.append(performances.insert(performance))
        if !isAdmin { openProposals[proposer] = open + 1 }
        return .reply(PerformanceRepresentation(performance.state), events: events)
    }

    /// The show of a proposal: an existing show, or a new show that is not stored yet.
    private func show(
        _ head: CommandHead, _ command: ProposePerformance, _ status: EntryStatus, now: Timestamp
    ) -> Result<Show, Refusal> {
        switch (command.eventId, command.event) {
        case (let id?, nil):
            guard let show = usable(shows, id, by: head.actor.userID, proposer: \.proposedBy) else {
                return .failure(.noEvent)
            }
            return .success(show)
        case (nil, let new?):
            let id = ShowID(head.id.uuid)
            guard shows[id] == nil else { return .failure(.keyReused) }
            if let refusal = Self.refusal(title: new.title, category: new.category) { return .failure(refusal) }
            return parts(named: new.performers, for: head).map { parts in
                Show(
                    id: id, title: new.title, category: new.category, performers: parts, status: status,
                    proposedBy: head.actor.userID, version: 1, createdAt: now, updatedAt: now)
            }
        default:
            return .failure(Refusal(.invalid, "Send either eventId or the facts of a new event.", field: "eventId"))
        }
    }

    private func venue(
        _ head: CommandHead, _ command: ProposePerformance, _ status: EntryStatus, now: Timestamp
    ) -> Result<Venue, Refusal> {
        switch (command.venueId, command.venue) {
        case (let id?, nil):
            guard let venue = usable(venues, id, by: head.actor.userID, proposer: \.proposedBy) else {
                return .failure(.noVenue)
            }
            return .success(venue)
        case (nil, let details?):
            let id = VenueID(head.id.uuid)
            guard venues[id] == nil else { return .failure(.keyReused) }
            if let refusal = details.refusal { return .failure(refusal) }
            return .success(
                Venue(
                    id: id, details: details, status: status, proposedBy: head.actor.userID, version: 1,
                    createdAt: now, updatedAt: now))
        default:
            return .failure(Refusal(.invalid, "Send either venueId or the facts of a new venue.", field: "venueId"))
        }
    }

    /// Returns the entry with this id, or the entry that it was merged into. Returns nil unless the user may refer to
    /// the entry: it must be published, or be the user's own proposal.
    private func usable<Entry: CatalogueEntry>(
        _ table: CatalogueTable<Entry>, _ id: Identifier<Entry.Thing>, by user: UserID?,
        proposer: KeyPath<Entry, UserID?>
    ) -> Entry? {
        guard let named = table[id], let entry = named.mergedInto.map({ table[$0] }) ?? named, entry.isUsable else {
            return nil
        }
        return entry.status == .published || entry[keyPath: proposer] == user ? entry : nil
    }

    mutating func approve(_ command: ApproveProposal, now: Timestamp) -> Decision {
        guard var performance = performances[command.performanceId] else { return .refused(.noPerformance) }
        guard performance.state.status != .scheduled else {
            return .reply(PerformanceRepresentation(performance.state))
        }
        guard performance.state.status == .proposed else {
            return .refused(.conflict, "The performance is no longer a proposal.")
        }
        guard performance.state.times.startsAt > now else {
            return .refused(.conflict, "The event has already started.")
        }
        guard var show = shows[performance.state.eventId], var venue = venues[performance.state.venueId] else {
            return .deferred("the performance has just been moved to another event or venue")
        }
        var events: [NewEvent] = []
        // A merged show or venue stays merged. The work that the merge started moves its performances.
        if show.status == .proposed || show.status == .rejected {
            show.status = .published
            events.append(shows.update(show, now: now))
        }
        if venue.status == .proposed || venue.status == .rejected {
            venue.status = .published
            events.append(venues.update(venue, now: now))
        }
        if let show = shows[show.id], show.status == .published { performance.take(show) }
        if let venue = venues[venue.id], venue.status == .published { performance.take(venue) }
        performance.state.status = .scheduled
        return close(performance, events, now: now)
    }

    /// Also rejects the show and the venue if they were proposed with this performance.
    mutating func reject(_ command: RejectProposal, now: Timestamp) -> Decision {
        guard var performance = performances[command.performanceId] else { return .refused(.noPerformance) }
        guard performance.state.status != .rejected else {
            return .reply(PerformanceRepresentation(performance.state))
        }
        guard performance.state.status == .proposed else {
            return .refused(.conflict, "The performance is no longer a proposal.")
        }
        var events: [NewEvent] = []
        if var show = shows[ShowID(performance.id.uuid)], show.status == .proposed {
            show.status = .rejected
            events.append(shows.update(show, now: now))
        }
        if var venue = venues[VenueID(performance.id.uuid)], venue.status == .proposed {
            venue.status = .rejected
            events.append(venues.update(venue, now: now))
        }
        performance.state.status = .rejected
        return close(performance, events, now: now)
    }

    private mutating func close(_ proposal: Performance, _ events: [NewEvent], now: Timestamp) -> Decision {
        if let proposer = proposal.state.proposedBy, let open = openProposals[proposer] {
            openProposals[proposer] = max(0, open - 1)
        }
        return store(proposal, events, now: now)
    }

    /// Stores a new version of a performance, and replies with it.
    mutating func store(_ performance: Performance, _ events: [NewEvent] = [], now: Timestamp) -> Decision {
        let event = performances.update(performance, now: now)
        let stored = performances[performance.id] ?? performance
        return .reply(PerformanceRepresentation(stored.state), events: events + [event])
    }

    /// Another live performance of the same show at the same venue and time.
    func other(like performance: Performance) -> Performance? {
        guard performance.state.isLive else { return nil }
        return performances.rows.values.first {
            $0.id != performance.id && $0.state.isLive && $0.isAtSameTimeAndPlace(as: performance)
        }
    }
}

// MARK: - Shows and performers

extension CatalogueDecider {
    static func refusal(title: String, category: ShowCategory) -> Refusal? {
        guard ListingState.isTitle(title) else {
            return Refusal(
                .invalid,
                "The title must have 1 to \(ListingState.titleLimit) characters on one line, and must not be blank.",
                field: "title")
        }
        guard ShowCategory.known.contains(category) else {
            let names = ShowCategory.known.map(\.rawValue).joined(separator: ", ")
            return Refusal(.invalid, "The category must be one of \(names).", field: "category")
        }
        return nil
    }

    /// Returns the performers with these names, without duplicates. A new performer gets an id that is derived from the
    /// command's id, and is stored by ``commitPerformers(of:_:now:)``.
    func parts(named names: [String], for head: CommandHead) -> Result<[Show.Part], Refusal> {
        guard names.count <= Show.performerLimit else {
            return .failure(.tooManyPerformers)
        }
        var parts: [Show.Part] = []
        var keys: Set<String> = []
        for (number, name) in names.enumerated() {
            guard PlainText.isLine(name, upTo: Performer.nameLimit) else {
                return .failure(.performerName)
            }
            guard keys.insert(Performer.key(of: name)).inserted else { continue }
            if let known = performersByKey[Performer.key(of: name)].flatMap({ performers[$0] }) {
                if !parts.contains(where: { $0.id == known.id }) {
                    // While the performer is only proposed, each proposal keeps its own spelling of the name.
                    let isProposed = known.status == .proposed && known.key == Performer.key(of: name)
                    parts.append(Show.Part(id: known.id, name: isProposed ? name : known.name))
                }
            } else {
                parts.append(Show.Part(id: PerformerID(head.id.uuid.numbered(number + 1)), name: name))
            }
        }
        return .success(parts)
    }

    /// Stores the new performers of a show. If an admin stores the show, its proposed performers are published.
    mutating func commitPerformers(of show: Show, _ status: EntryStatus, now: Timestamp) -> [NewEvent] {
        var events: [NewEvent] = []
        for part in show.performers {
            if var known = performers[part.id] {
                guard known.status == .proposed, status == .published else { continue }
                known.status = .published
                known.name = part.name
                events.append(performers.update(known, now: now))
                work.started.insert(Work(.refreshShowsOfPerformer, known.id.uuid))
            } else {
                let performer = Performer(
                    id: part.id, name: part.name, status: status, version: 1, createdAt: now, updatedAt: now)
                guard performersByKey[performer.key] == nil else { continue }
                performersByKey[performer.key] = performer.id
                events.append(performers.insert(performer))
            }
        }
        return events
    }
}
