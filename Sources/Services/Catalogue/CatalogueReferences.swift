import FoundationEssentials
import Marketplace

/// The rows that the messages of a batch refer to.
struct CatalogueReferences {
    var users: Set<UserID> = []
    /// The senders of proposals.
    var proposers: Set<UserID> = []
    var performers: Set<PerformerID> = []
    /// The keys of names.
    var performerKeys: Set<String> = []
    var shows: Set<ShowID> = []
    var venues: Set<VenueID> = []
    var performances: Set<PerformanceID> = []
    /// The entries of merges, of any kind. The entries that were merged into them earlier are loaded too.
    var merged: Set<UUID> = []
    /// New times of existing performances.
    var times: [(performance: PerformanceID, startsAt: Timestamp)] = []
    /// Proposals of a known show at a known venue.
    var dates: [(show: ShowID, venue: VenueID, startsAt: Timestamp)] = []
    var showSlices: [WorkSlice] = []
    var venueSlices: [WorkSlice] = []
    var performerSlices: [WorkSlice] = []
    /// The valid rows of imports. The decision on an invalid row needs no entry.
    var imported: [ImportRow] = []

    init(_ messages: [Message<CatalogueCommand, CatalogueEvent>]) {
        for message in messages {
            switch message {
            case .command(let head, let command):
                if let actor = head.actor.userID { users.insert(actor) }
                insert(head, command)
            case .event(_, .refreshPerformancesOfShow(let slice)):
                shows.insert(ShowID(slice.work.subject))
                showSlices.append(slice)
            case .event(_, .refreshPerformancesAtVenue(let slice)):
                venues.insert(VenueID(slice.work.subject))
                venueSlices.append(slice)
            case .event(_, .refreshShowsOfPerformer(let slice)):
                performers.insert(PerformerID(slice.work.subject))
                performerSlices.append(slice)
            }
        }
    }

    private mutating func insert(_ head: CommandHead, _ command: CatalogueCommand) {
        switch command {
        case .propose(let command):
            if let actor = head.actor.userID { proposers.insert(actor) }
            // If an idempotency key is used again after its inbox row was dropped, the id is the same.
            performances.insert(PerformanceID(head.id.uuid))
            shows.insert(command.eventId ?? ShowID(head.id.uuid))
            venues.insert(command.venueId ?? VenueID(head.id.uuid))
            insertNames(command.event?.performers)
            if let show = command.eventId, let venue = command.venueId {
                dates.append((show, venue, command.times.startsAt))
            }
        case .approve(let command): performances.insert(command.performanceId)
        case .reject(let command): performances.insert(command.performanceId)
        case .changeShow(let command):
            shows.insert(command.eventId)
            insertNames(command.performers)
        case .changeVenue(let command): venues.insert(command.venueId)
        case .renamePerformer(let command):
            performers.insert(command.performerId)
            insertNames([command.name])
        case .postpone(let command): performances.insert(command.performanceId)
        case .cancel(let command): performances.insert(command.performanceId)
        case .reschedule(let command):
            performances.insert(command.performanceId)
            times.append((command.performanceId, command.times.startsAt))
        case .merge(let command): insert(command)
        case .keepBoth(let command): performances.formUnion([command.performanceId, command.otherId])
        case .importPerformances(let command):
            guard ImportPerformances.isSource(command.source) else { return }
            imported += command.performances.prefix(ImportPerformances.limit).filter { $0.refusal == nil }
                .map { ImportRow(source: command.source, performance: $0) }
        }
    }

    /// Adds the entries that rows of imports may refer to.
    mutating func insert(_ lookup: ImportLookup) {
        performances.formUnion(lookup.targets(of: imported))
        for row in imported where lookup.links[row.key]?.digest != row.performance.digest {
            insertNames(row.performance.event.performers)
            let linked = lookup.links[row.eventKey].map { [ShowID($0.target)] }
            let named = (linked ?? []) + lookup.shows(titled: row.performance.event.title)
            let places = lookup.venues(named: row.venueName)
            shows.formUnion(named)
            venues.formUnion(places)
            for show in named {
                for venue in places { dates.append((show, venue, row.performance.times.startsAt)) }
            }
        }
    }

    private mutating func insert(_ command: MergeEntries) {
        let ids = [command.from.uuid, command.into.uuid]
        merged.formUnion(ids)
        switch command.kind {
        case .event: shows.formUnion(ids.map { ShowID($0) })
        case .venue: venues.formUnion(ids.map { VenueID($0) })
        case .performer: performers.formUnion(ids.map { PerformerID($0) })
        case .performance: performances.formUnion(ids.map { PerformanceID($0) })
        }
    }

    /// The decision refuses names beyond the limit, and then needs no performer.
    private mutating func insertNames(_ names: [String]?) {
        performerKeys.formUnion((names ?? []).prefix(Show.performerLimit).map(Performer.key(of:)))
    }
}
