// Merges of duplicate entries, and the slices of work that follow from changes of entries.
//
// No entry is merged into a merged entry: when a winner is merged, the entries that were merged into it get the new
// winner in the same transaction.
extension CatalogueDecider {
    mutating func merge(_ command: MergeEntries, now: Timestamp) -> Decision {
        let (from, into) = (command.from.uuid, command.into.uuid)
        switch command.kind {
        case .event:
            return merge(\.shows, ShowID(from), into: ShowID(into), now: now) { state, events, winner in
                state.work.started.insert(Work(.refreshPerformancesOfShow, from))
                return .reply(EventRepresentation(winner), events: events)
            }
        case .venue:
            return merge(\.venues, VenueID(from), into: VenueID(into), now: now) { state, events, winner in
                state.work.started.insert(Work(.refreshPerformancesAtVenue, from))
                return .reply(VenueRepresentation(winner), events: events)
            }
        case .performer:
            return merge(\.performers, PerformerID(from), into: PerformerID(into), now: now) { state, events, winner in
                state.performersByKey = state.performersByKey.mapValues { $0 == PerformerID(from) ? winner.id : $0 }
                state.work.started.insert(Work(.refreshShowsOfPerformer, from))
                return .reply(PerformerRepresentation(winner), events: events)
            }
        case .performance:
            return mergePerformances(PerformanceID(from), into: PerformanceID(into), now: now)
        }
    }

    private mutating func merge<Entry: CatalogueEntry>(
        _ table: WritableKeyPath<CatalogueDecider, CatalogueTable<Entry>>, _ from: Identifier<Entry.Thing>,
        into: Identifier<Entry.Thing>, now: Timestamp,
        _ reply: (inout CatalogueDecider, [NewEvent], Entry) -> Decision
    ) -> Decision {
        guard var loser = self[keyPath: table][from] else { return Self.unknown(Entry.noun, field: "from") }
        guard let winner = self[keyPath: table][into] else { return Self.unknown(Entry.noun, field: "into") }
        guard from != into else { return Self.sameEntry }
        guard loser.status != .merged else { return Self.refusal(ofMerged: loser) }
        guard winner.status != .merged else { return Self.refusal(ofMerged: winner) }
        guard winner.status == .published else {
            return .refused(.conflict, "The \(Entry.noun) to merge into is not published.", field: "into")
        }
        let earlier = self[keyPath: table].merged(into: [from, into])
        guard earlier.count < MergeEntries.limit else { return Self.tooManyMerged }
        loser.status = .merged
        loser.mergedInto = into
        var events = [self[keyPath: table].update(loser, now: now)]
        for var entry in earlier where entry.mergedInto == from {
            entry.mergedInto = into
            events.append(self[keyPath: table].update(entry, now: now))
        }
        return reply(&self, events, winner)
    }

    private mutating func mergePerformances(
        _ from: PerformanceID, into: PerformanceID, now: Timestamp
    ) -> Decision {
        guard let loser = performances[from] else { return Self.unknown("performance", field: "from") }
        guard let winner = performances[into] else { return Self.unknown("performance", field: "into") }
        guard from != into else { return Self.sameEntry }
        for performance in [loser, winner] where performance.state.status == .merged {
            let winner = performance.mergedInto.map(\.description) ?? ""
            return .refused(.conflict, "This performance was merged into another one: \(winner).")
        }
        guard winner.state.status != .proposed, winner.state.status != .rejected else {
            return .refused(.conflict, "The performance to merge into is not published.", field: "into")
        }
        guard performances.merged(into: [from, into]).count < MergeEntries.limit else { return Self.tooManyMerged }
        return .reply(
            PerformanceRepresentation(winner.state), events: mergePerformance(loser, into: into, now: now))
    }

    private mutating func mergePerformance(
        _ loser: Performance, into winner: PerformanceID, now: Timestamp
    ) -> [NewEvent] {
        var loser = loser
        loser.state.status = .merged
        loser.state.mergedInto = winner
        var events = [performances.update(loser, now: now)]
        for var earlier in performances.merged(into: [loser.id]) {
            earlier.state.mergedInto = winner
            events.append(performances.update(earlier, now: now))
        }
        return events
    }

    private static let sameEntry = Decision.refused(.conflict, "An entry can't be merged into itself.", field: "into")
    private static let tooManyMerged = Decision.refused(
        .conflict, "At most \(MergeEntries.limit) entries can be merged into one.", field: "into")

    private static func unknown(_ noun: String, field: String) -> Decision {
        .refused(.notFound, "There is no \(noun) with this id.", field: field)
    }
}

// MARK: - Slices

extension CatalogueDecider {
    /// Copies a changed show into its performances, or moves the performances of a merged show to the winner. A slice
    /// that finds no performance ends the work, unless it skips performances that have failed.
    mutating func refreshPerformances(ofShow slice: WorkSlice, now: Timestamp) -> Decision {
        guard let show = shows[ShowID(slice.work.subject)] else { return end(slice) }
        let target = show.mergedInto.flatMap { shows[$0] } ?? show
        let found = performances.rows.values.filter { $0.state.eventId == show.id && $0.showVersion < show.version }
        return refresh(found, slice, now: now) { $0.take(target) }
    }

    mutating func refreshPerformances(atVenue slice: WorkSlice, now: Timestamp) -> Decision {
        guard let venue = venues[VenueID(slice.work.subject)] else { return end(slice) }
        let target = venue.mergedInto.flatMap { venues[$0] } ?? venue
        let found = performances.rows.values.filter { $0.state.venueId == venue.id && $0.venueVersion < venue.version }
        return refresh(found, slice, now: now) { $0.take(target) }
    }

    /// A performance that moves to the time and place of another one is merged into it. But a proposal never replaces a
    /// published performance: the proposal is merged into the published one, and the next slice moves the published
    /// one.
    private mutating func refresh(
        _ found: [Performance], _ slice: WorkSlice, now: Timestamp, _ take: (inout Performance) -> Void
    ) -> Decision {
        guard !found.isEmpty || slice.skipped > 0 else { return end(slice) }
        var events: [NewEvent] = []
        for id in found.map(\.id).sorted() {
            // The merge of another performance in this slice may have changed this one.
            guard let before = performances[id] else { continue }
            var performance = before
            take(&performance)
            if performance.state == before.state {
                performances.updateSilently(performance)
            } else if let other = other(like: performance) {
                let isReplacedByProposal = other.state.status == .proposed && performance.state.status != .proposed
                events +=
                    isReplacedByProposal
                    ? mergePerformance(other, into: performance.id, now: now)
                    : mergePerformance(performance, into: other.id, now: now)
            } else {
                events.append(performances.update(performance, now: now))
            }
        }
        return .done(events: events)
    }

    /// Copies a performer's name into the shows, or replaces a merged performer by the winner.
    mutating func refreshShows(_ slice: WorkSlice, now: Timestamp) -> Decision {
        guard let performer = performers[PerformerID(slice.work.subject)] else { return end(slice) }
        let target = performer.mergedInto.flatMap { performers[$0] } ?? performer
        let part = Show.Part(id: target.id, name: target.name)
        let found = shows.rows.values.filter { show in
            show.performers.contains { $0.id == performer.id && $0 != part }
        }
        guard !found.isEmpty || slice.skipped > 0 else { return end(slice) }
        var events: [NewEvent] = []
        for var show in found.sorted(by: { $0.id < $1.id }) {
            var seen: Set<PerformerID> = []
            show.performers = show.performers.map { $0.id == performer.id ? part : $0 }
                .filter { seen.insert($0.id).inserted }
            events.append(shows.update(show, now: now))
            work.started.insert(Work(.refreshPerformancesOfShow, show.id.uuid))
        }
        return .done(events: events)
    }

    private mutating func end(_ slice: WorkSlice) -> Decision {
        work.ended.insert(slice.work)
        return .done
    }
}
