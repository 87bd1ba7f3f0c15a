// Changes by admins.
extension CatalogueDecider {
    mutating func changeShow(_ head: CommandHead, _ command: ChangeShow, now: Timestamp) -> Decision {
        guard var show = shows[command.eventId] else { return .refused(.noEvent) }
        guard show.mergedInto == nil else { return Self.refusal(ofMerged: show) }
        if let version = command.ifVersion, version != show.version { return .refused(.stale("event", show.version)) }
        let before = show
        show.title = command.title ?? show.title
        show.category = command.category ?? show.category
        // An unchanged category may come from a newer build, so only a new category is checked.
        let category = command.category ?? .other
        if let refusal = Self.refusal(title: show.title, category: category) { return .refused(refusal) }
        if let names = command.performers {
            switch parts(named: names, for: head) {
            case .failure(let refusal): return .refused(refusal)
            case .success(let parts): show.performers = parts
            }
        }
        guard show != before else { return .reply(EventRepresentation(show)) }
        var events = command.performers == nil ? [] : commitPerformers(of: show, .published, now: now)
        events.append(shows.update(show, now: now))
        work.started.insert(Work(.refreshPerformancesOfShow, show.id.uuid))
        return .reply(EventRepresentation(shows[show.id] ?? show), events: events)
    }

    mutating func changeVenue(_ command: ChangeVenue, now: Timestamp) -> Decision {
        guard var venue = venues[command.venueId] else { return .refused(.noVenue) }
        guard venue.mergedInto == nil else { return Self.refusal(ofMerged: venue) }
        if let version = command.ifVersion, version != venue.version { return .refused(.stale("venue", venue.version)) }
        if let refusal = command.venue.refusal { return .refused(refusal) }
        guard venue.details != command.venue else { return .reply(VenueRepresentation(venue)) }
        venue.details = command.venue
        let event = venues.update(venue, now: now)
        work.started.insert(Work(.refreshPerformancesAtVenue, venue.id.uuid))
        return .reply(VenueRepresentation(venues[venue.id] ?? venue), events: [event])
    }

    mutating func renamePerformer(_ command: RenamePerformer, now: Timestamp) -> Decision {
        guard var performer = performers[command.performerId] else { return .refused(.noPerformer) }
        guard performer.mergedInto == nil else { return Self.refusal(ofMerged: performer) }
        guard PlainText.isLine(command.name, upTo: Performer.nameLimit) else {
            return .refused(
                .invalid, "The name must have 1 to \(Performer.nameLimit) characters, and must not be blank.",
                field: "name")
        }
        guard performer.name != command.name || performer.status == .proposed else {
            return .reply(PerformerRepresentation(performer))
        }
        let key = Performer.key(of: command.name)
        // The names of merged performers are not free either, because merged performers keep their keys.
        guard performers.rows.values.allSatisfy({ $0.id == performer.id || $0.key != key }) else {
            return .refused(.conflict, "Another performer has this name. Merge the two.", field: "name")
        }
        performersByKey[performer.key] = nil
        performer.name = command.name
        performer.status = .published
        performersByKey[key] = performer.id
        let event = performers.update(performer, now: now)
        work.started.insert(Work(.refreshShowsOfPerformer, performer.id.uuid))
        return .reply(PerformerRepresentation(performers[performer.id] ?? performer), events: [event])
    }

    static func refusal<Entry: CatalogueEntry>(ofMerged entry: Entry) -> Decision {
        let winner = entry.mergedInto.map(\.description) ?? ""
        return .refused(.conflict, "This \(Entry.noun) was merged into another one: \(winner).")
    }
}

// MARK: - Performances

extension CatalogueDecider {
    mutating func postpone(_ command: PostponePerformance, now: Timestamp) -> Decision {
        change(command.performanceId, now: now) { performance, _ in
            switch performance.state.status {
            case .scheduled: performance.state.status = .postponed
            case .postponed: break
            case .proposed, .cancelled, .rejected, .merged:
                return Refusal(.conflict, "Only a scheduled performance can be postponed.")
            }
            return nil
        }
    }

    mutating func cancel(_ command: CancelPerformance, now: Timestamp) -> Decision {
        change(command.performanceId, now: now) { performance, _ in
            switch performance.state.status {
            case .scheduled, .postponed: performance.state.status = .cancelled
            case .cancelled: break
            case .proposed, .rejected, .merged:
                return Refusal(.conflict, "Only a scheduled or postponed performance can be cancelled.")
            }
            return nil
        }
    }

    mutating func reschedule(_ command: ReschedulePerformance, now: Timestamp) -> Decision {
        change(command.performanceId, now: now) { performance, others in
            if let version = command.ifVersion, version != performance.version {
                return .stale("performance", performance.version)
            }
            guard performance.state.isLive else {
                return Refusal(.conflict, "The performance can't be rescheduled: it is \(performance.state.status).")
            }
            guard performance.state.times != command.times || performance.state.status == .postponed else { return nil }
            if let refusal = command.times.refusal(now: now) { return refusal }
            performance.state.times = command.times
            if performance.state.status == .postponed { performance.state.status = .scheduled }
            return others.other(like: performance) == nil ? nil : .samePerformance
        }
    }

    /// Changes a performance, and announces it if something has changed.
    private mutating func change(
        _ id: PerformanceID, now: Timestamp, _ change: (inout Performance, CatalogueDecider) -> Refusal?
    ) -> Decision {
        guard var performance = performances[id] else { return .refused(.noPerformance) }
        let before = performance
        if let refusal = change(&performance, self) { return .refused(refusal) }
        guard performance != before else { return .reply(PerformanceRepresentation(performance.state)) }
        return store(performance, now: now)
    }
}
