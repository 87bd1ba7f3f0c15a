@testable import Marketplace

extension CatalogueDecider {
    static let seller = CatalogueMember(id: .n(90), status: .active, role: .member, version: 3)
    static let admin = CatalogueMember(id: .n(91), status: .active, role: .admin, version: 2)

    mutating func send(
        _ command: CatalogueCommand, by actor: Actor = .user(.n(91)), id: UInt64 = 50, at now: Timestamp = Fixture.now
    ) -> Decision {
        decide(.command(Fixture.head(id, by: actor), command), now: now)
    }

    /// A decider with these rows, and copies of the seller 90 and the admin 91.
    static func of(
        performers: [Performer] = [], shows: [Show] = [], venues: [Venue] = [], performances: [Performance] = [],
        openProposals: [UserID: Int] = [:], seller: CatalogueMember = seller
    ) -> CatalogueDecider {
        CatalogueDecider(
            members: [seller, admin], performers: performers, shows: shows, venues: venues,
            performances: performances, openProposals: openProposals)
    }

    var isUnchanged: Bool {
        performers.inserted.isEmpty && performers.updated.isEmpty && shows.inserted.isEmpty && shows.updated.isEmpty
            && venues.inserted.isEmpty && venues.updated.isEmpty && performances.inserted.isEmpty
            && performances.updated.isEmpty && work == WorkChanges()
    }
}

extension Fixture {
    static let place = VenueDetails(
        name: "Harpa", address: "Austurbakki 2", city: "Reykjavík", country: "IS", timeZone: "Atlantic/Reykjavik")
    static let start = now + .seconds(30 * 86_400)

    static func venue(_ id: UInt64, _ status: EntryStatus = .published, into winner: UInt64? = nil) -> Venue {
        Venue(
            id: .n(id), details: place, status: winner == nil ? status : .merged,
            mergedInto: winner.map { .n($0) }, proposedBy: .n(90), version: 1, createdAt: now, updatedAt: now)
    }

    static func show(
        _ id: UInt64, _ status: EntryStatus = .published, into winner: UInt64? = nil, performers: [Show.Part] = [],
        proposer: UInt64 = 90
    ) -> Show {
        Show(
            id: .n(id), title: "Show \(id)", category: .concert, performers: performers,
            status: winner == nil ? status : .merged, mergedInto: winner.map { .n($0) }, proposedBy: .n(proposer),
            version: 1, createdAt: now, updatedAt: now)
    }

    static func performer(_ id: UInt64, _ name: String, into winner: UInt64? = nil) -> Performer {
        Performer(
            id: .n(id), name: name, status: winner == nil ? .published : .merged, mergedInto: winner.map { .n($0) },
            version: 1, createdAt: now, updatedAt: now)
    }

    static func performance(
        _ id: UInt64, show: UInt64 = 1, venue: UInt64 = 1, at start: Timestamp = start,
        _ status: PerformanceState.Status = .scheduled, into winner: UInt64? = nil
    ) -> Performance {
        Performance(
            state: PerformanceState(
                id: .n(id), eventId: .n(show), title: "Show \(show)", category: .concert, performers: [],
                venueId: .n(venue), venue: place, times: PerformanceTimes(startsAt: start),
                status: winner == nil ? status : .merged, mergedInto: winner.map { .n($0) }, proposedBy: .n(90),
                version: 1, createdAt: now, updatedAt: now), showVersion: 1, venueVersion: 1)
    }

    static func proposal(
        eventId: ShowID? = nil, event: ProposePerformance.NewShow? = nil, venueId: VenueID? = nil,
        venue: VenueDetails? = nil, times: PerformanceTimes = PerformanceTimes(startsAt: start)
    ) -> CatalogueCommand {
        .propose(
            ProposePerformance(
                eventId: eventId, event: event, venueId: venueId, venue: venue, times: times, userVersion: 2))
    }

    static let newShow = ProposePerformance.NewShow(
        title: "Vespertine", category: .concert, performers: ["Björk", "Icelandic Choir"])
}
