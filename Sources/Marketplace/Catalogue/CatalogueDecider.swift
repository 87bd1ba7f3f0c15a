/// The catalogue's unit of work: holds a batch's loaded rows, decides messages, and records the changes.
public struct CatalogueDecider: Sendable {
    public let members: [UserID: CatalogueMember]
    public internal(set) var performers: CatalogueTable<Performer>
    public internal(set) var shows: CatalogueTable<Show>
    public internal(set) var venues: CatalogueTable<Venue>
    public internal(set) var performances: CatalogueTable<Performance>
    public internal(set) var imports: ImportLookup
    /// The performances that look alike, but are different ones.
    public private(set) var kept: Set<PerformancePair> = []
    public internal(set) var work = WorkChanges()

    /// The number of each user's undecided proposals.
    var openProposals: [UserID: Int]
    /// Includes merged performers: their names refer to the performers that they were merged into.
    var performersByKey: [String: PerformerID] = [:]

    /// - Parameters:
    ///   - members: The copies of the actors.
    ///   - performers: The performers that the messages refer to by id, by name, or through a show; the winners of
    ///     merged ones; and, for a merge, all performers that were merged into one of its two entries.
    ///   - shows: The shows that are referred to in the same ways, and the shows of the slices and performances.
    ///   - venues: The venues that are referred to in the same ways.
    ///   - performances: The performances that are referred to in the same ways, and the live performances at the time
    ///     and place of a proposal or a new date.
    ///   - openProposals: For each user who has sent a proposal, the number of their undecided proposals.
    ///   - imports: The entries that rows of imports may refer to. The tables contain them, too.
    public init(
        members: [CatalogueMember] = [], performers: [Performer] = [], shows: [Show] = [], venues: [Venue] = [],
        performances: [Performance] = [], openProposals: [UserID: Int] = [:],
        imports: ImportLookup = ImportLookup()
    ) {
        self.members = Dictionary(members.map { ($0.id, $0) }) { $1 }
        self.performers = CatalogueTable(performers)
        self.shows = CatalogueTable(shows)
        self.venues = CatalogueTable(venues)
        self.performances = CatalogueTable(performances)
        self.openProposals = openProposals
        self.imports = imports
        for performer in performers { performersByKey[performer.key] = performer.mergedInto ?? performer.id }
    }

    public mutating func decide(_ message: Message<CatalogueCommand, CatalogueEvent>, now: Timestamp) -> Decision {
        switch message {
        case .command(let head, .propose(let command)): propose(head, command, now: now)
        case .command(let head, let command):
            if let refused = refusal(ofCurator: head.actor, atLeast: command.userVersion) {
                refused
            } else {
                curate(head, command, now: now)
            }
        case .event(_, .refreshPerformancesOfShow(let slice)): refreshPerformances(ofShow: slice, now: now)
        case .event(_, .refreshPerformancesAtVenue(let slice)): refreshPerformances(atVenue: slice, now: now)
        case .event(_, .refreshShowsOfPerformer(let slice)): refreshShows(slice, now: now)
        }
    }

    private mutating func curate(_ head: CommandHead, _ command: CatalogueCommand, now: Timestamp) -> Decision {
        switch command {
        case .propose: .refused(.forbidden, "Only a seller may propose.")
        case .approve(let command): approve(command, now: now)
        case .reject(let command): reject(command, now: now)
        case .changeShow(let command): changeShow(head, command, now: now)
        case .changeVenue(let command): changeVenue(command, now: now)
        case .renamePerformer(let command): renamePerformer(command, now: now)
        case .postpone(let command): postpone(command, now: now)
        case .reschedule(let command): reschedule(command, now: now)
        case .cancel(let command): cancel(command, now: now)
        case .merge(let command): merge(command, now: now)
        case .keepBoth(let command): keepBoth(command)
        case .importPerformances(let command): importPerformances(head, command, now: now)
        }
    }

    private mutating func keepBoth(_ command: KeepBothPerformances) -> Decision {
        guard let performance = performances[command.performanceId] else { return .refused(.noPerformance) }
        guard performances[command.otherId] != nil else {
            return .refused(.notFound, "There is no performance with this id.", field: "otherId")
        }
        guard let pair = PerformancePair(command.performanceId, command.otherId) else {
            return .refused(.invalid, "Name two different performances.", field: "otherId")
        }
        kept.insert(pair)
        return .reply(PerformanceRepresentation(performance.state))
    }

    private func refusal(ofCurator actor: Actor, atLeast version: Int64) -> Decision? {
        switch actor {
        case .operator: return nil
        case .user(let id):
            guard let member = members[id], member.version >= version else {
                return .deferred("the copy of the admin is behind")
            }
            guard member.status == .active else { return .refused(.banned) }
            return member.role == .admin ? nil : .refused(.forbidden, "Only an admin may do this.")
        case .nobody, .stripe: return .refused(.forbidden, "Only an admin may do this.")
        }
    }
}

extension CatalogueCommand {
    /// The version of the sender's account that the API saw.
    var userVersion: Int64 {
        switch self {
        case .propose(let command): command.userVersion
        case .approve(let command): command.userVersion
        case .reject(let command): command.userVersion
        case .changeShow(let command): command.userVersion
        case .changeVenue(let command): command.userVersion
        case .renamePerformer(let command): command.userVersion
        case .postpone(let command): command.userVersion
        case .reschedule(let command): command.userVersion
        case .cancel(let command): command.userVersion
        case .merge(let command): command.userVersion
        case .keepBoth(let command): command.userVersion
        case .importPerformances(let command): command.userVersion
        }
    }
}

extension Refusal {
    static let noPerformance = Refusal(.notFound, "There is no performance with this id.")
    static let noEvent = Refusal(.notFound, "There is no event with this id.", field: "eventId")
    static let noVenue = Refusal(.notFound, "There is no venue with this id.", field: "venueId")
    static let tooManyPerformers = Refusal(
        .invalid, "An event has at most \(Show.performerLimit) performers.", field: "performers")
    static let performerName = Refusal(
        .invalid, "A performer's name must have 1 to \(Performer.nameLimit) characters, and must not be blank.",
        field: "performers")
    static let noPerformer = Refusal(.notFound, "There is no performer with this id.")
    static let samePerformance = Refusal(
        .conflict, "The catalogue already has this event at this venue and time.", field: "startsAt")

    static func stale(_ noun: String, _ version: Int64) -> Refusal {
        Refusal(.staleVersion, "The \(noun) has changed: its version is now \(version). Reload it and try again.")
    }
}
